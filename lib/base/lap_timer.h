#pragma once

#include <array>
#include <cstddef>

namespace tenon {

/// Splits the time of one worker among numbered parts: a lap ends where the clock is read, the next
/// begins there, so that the parts add up to the time from start() to the last lap. One worker writes
/// one timer; timers of different workers share no cache line.
class alignas(64) LapTimer {
 public:
  using Clock = double (*)();  // seconds from any start; any thread may call it
  static constexpr std::size_t kParts = 14;
  static constexpr int kWaiting = 0;  // the part of Worker::barrier()

  void clear() { seconds_ = {}; }
  /// Time runs from here; what was measured before is kept.
  void start(Clock now) {
    now_ = now;
    last_ = now();
  }
  /// The time since the last lap belongs to `part`.
  void lap(int part) { lap(part, now_()); }
  void lap(int part, double time) {
    seconds_[static_cast<std::size_t>(part)] += time - last_;
    last_ = time;
  }
  double seconds(int part) const { return seconds_[static_cast<std::size_t>(part)]; }

 private:
  Clock now_ = nullptr;
  double last_ = 0.0;
  std::array<double, kParts> seconds_{};
};

}  // namespace tenon
