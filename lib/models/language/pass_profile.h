#pragma once

#include <string_view>
#include <vector>

#include "base/lap_timer.h"

namespace tenon::models {

/// What a worker of a pass may be busy with. The rest of a pass, which no worker measures, is planning
/// the batch and starting the workers.
enum class PassPart : int {
  Synchronisation = LapTimer::kWaiting,  // waiting at barriers and for the last worker of the pass
  Embedding,
  Normalisation,
  Preparation,  // of activations: 8-bit blocks or bfloat16
  QueryKeyValue,
  StoreKeys,  // rope, norms of heads, keys and values into the cache
  Attention,
  AttentionOutput,
  GateUp,
  Down,
  Elementwise,  // silu . multiply, adding to the residual
  OutputHead,
};
inline constexpr int kPassParts = 12;
static_assert(kPassParts <= static_cast<int>(LapTimer::kParts));

/// "synchronisation", "query_key_value": the name of a part in records.
std::string_view pass_part_name(PassPart part);

/// Where the time of one forward() went, worker by worker. A model fills it where ForwardOutput points
/// to one; the seconds are by `now`.
class PassProfile {
 public:
  explicit PassProfile(LapTimer::Clock now) : now_(now) {}

  LapTimer::Clock clock() const { return now_; }
  int workers() const { return static_cast<int>(timers_.size()); }
  /// Of the whole forward(), planning included.
  double seconds() const { return end_ - begin_; }
  /// What `worker` spent on `part`.
  double seconds(int worker, PassPart part) const {
    return timers_[static_cast<std::size_t>(worker)].seconds(static_cast<int>(part));
  }

  // -- For the model -----------------------------------------------------------------------------
  void begin(int workers);
  LapTimer& timer(int worker) { return timers_[static_cast<std::size_t>(worker)]; }
  /// After each parallel region: a worker that was done waited for the others until now.
  void end_region();
  void end() { end_ = now_(); }

 private:
  LapTimer::Clock now_;
  std::vector<LapTimer> timers_;
  double begin_ = 0.0;
  double end_ = 0.0;
};

}  // namespace tenon::models
