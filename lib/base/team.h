#pragma once

#include <functional>
#include <memory>

#include "base/lap_timer.h"
#include "base/range.h"

namespace tenon {

class TeamBarrier;

/// One of the workers inside Team::run.
class Worker {
 public:
  Worker(int index, int count, TeamBarrier* team_barrier)
      : index_(index), count_(count), barrier_(team_barrier) {}

  int index() const { return index_; }
  int count() const { return count_; }

  /// Returns once every worker of the run has called it the same number of times. What one worker
  /// wrote before it, all see after it. Time spent here is a lap of LapTimer::kWaiting.
  void barrier();

  /// This worker's part of [0, total), cut at multiples of `grain`. Work is split by index, never
  /// by arrival, so the thread count cannot change a result that does not depend on the cut.
  Range share(std::ptrdiff_t total, std::ptrdiff_t grain = 1) const {
    return split_range(total, index_, count_, grain);
  }

  /// From here on lap() and barrier() measure into `timer`, which must outlive the run. Without one
  /// they read no clock.
  void time_with(LapTimer& timer, LapTimer::Clock now) {
    timer_ = &timer;
    timer.start(now);
  }
  /// What this worker did since the last lap or barrier was `part`.
  void lap(int part) {
    if (timer_ != nullptr) timer_->lap(part);
  }

 private:
  int index_;
  int count_;
  TeamBarrier* barrier_;
  LapTimer* timer_ = nullptr;
};

/// The threads of a program: created once, passed to whatever computes. A whole forward pass is one
/// `run` with barriers inside, because starting threads costs more than a small matrix product.
///
/// The backend is std::thread, or OpenMP (TENON_TEAM=openmp, one team shared with oneDNN), whose way of
/// waiting for the next run suffers more from busy neighbours. Results never depend on it, nor on the
/// size.
class Team {
 public:
  static constexpr int kMaxThreads = 1024;

  /// 1 <= `threads` <= kMaxThreads; 0 takes the processors this process may run on. More threads
  /// than processors are allowed and slow. size() is smaller where the system grants fewer
  /// (OMP_THREAD_LIMIT).
  explicit Team(int threads = 0);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return size_; }

  /// Calls body once in each of size() workers and returns when all have returned. An exception
  /// ends the run and is thrown here (the one of the lowest worker index); a body that uses
  /// barrier() must therefore not throw between its first and its last barrier. Runs do not nest:
  /// within a body, run() of the same team throws Error(Internal), and so does that of another team
  /// of two or more threads under OpenMP, which would grant it one.
  void run(const std::function<void(Worker&)>& body);

  /// Calls body(range) on disjoint parts of [0, total), cut at multiples of `grain`.
  void parallel_for(std::ptrdiff_t total, std::ptrdiff_t grain,
                    const std::function<void(Range)>& body);

 private:
  struct Backend;
  int size_;
  std::unique_ptr<TeamBarrier> barrier_;
  std::unique_ptr<Backend> backend_;
};

}  // namespace tenon
