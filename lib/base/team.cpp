#include "base/team.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "base/error.h"

#ifdef TENON_TEAM_OPENMP
#include <omp.h>
#endif

namespace tenon {

namespace {

// Long enough for the steps of a pass, a few microseconds apart, which a sleeping wait would cost more
// than.
constexpr int kSpins = 1000;

// One turn of waiting: the first kSpins are pauses, then others may have the processor.
void wait_a_turn(int turn) {
  if (turn >= kSpins) {
    std::this_thread::yield();
    return;
  }
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

/// A counting barrier that spins shortly and then yields. Where the processor is shared with other
/// programs, two workers may have to share one: spinning would then keep it from the very worker that
/// is waited for. So each says at its barriers on which processor it runs, and one that finds itself
/// on another's yields at once.
class TeamBarrier {
 public:
  explicit TeamBarrier(int workers) : processors_(static_cast<std::size_t>(workers)) {}

  void wait(int index, int count) {
    if (count == 1) return;
    const int processor = sched_getcpu();
    processors_[static_cast<std::size_t>(index)].value.store(processor, std::memory_order_relaxed);
    const unsigned phase = phase_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == count) {
      arrived_.store(0, std::memory_order_relaxed);
      phase_.store(phase + 1, std::memory_order_release);
      return;
    }
    int turn = is_shared(processor, index, count) ? kSpins : 0;
    for (; phase_.load(std::memory_order_acquire) == phase; turn = std::min(turn + 1, kSpins))
      wait_a_turn(turn);
  }

 private:
  struct alignas(64) Processor {
    std::atomic<int> value{-1};
  };

  bool is_shared(int processor, int index, int count) const {
    for (int other = 0; other < count; ++other)
      if (other != index && processor >= 0 &&
          processors_[static_cast<std::size_t>(other)].value.load(std::memory_order_relaxed) ==
              processor)
        return true;
    return false;
  }

  friend class RunGuard;
  std::atomic<bool> is_running_{false};
  alignas(64) std::atomic<int> arrived_{0};
  alignas(64) std::atomic<unsigned> phase_{0};
  std::vector<Processor> processors_;  // where each worker was at its last barrier
};

/// Refuses a run while another of the same team lasts, which would share its barrier and threads.
class RunGuard {
 public:
  explicit RunGuard(TeamBarrier& barrier) : is_running_(barrier.is_running_) {
    if (is_running_.exchange(true, std::memory_order_acquire))
      throw Error(ErrorKind::Internal, "a team was asked to run while it is running");
  }
  ~RunGuard() { is_running_.store(false, std::memory_order_release); }
  RunGuard(const RunGuard&) = delete;
  RunGuard& operator=(const RunGuard&) = delete;

 private:
  std::atomic<bool>& is_running_;
};

void Worker::barrier() {
  barrier_->wait(index_, count_);
  lap(LapTimer::kWaiting);
}

namespace {

int available_processors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
  const unsigned count = std::thread::hardware_concurrency();
  return count > 0 ? static_cast<int>(count) : 1;
}

}  // namespace

#ifdef TENON_TEAM_OPENMP

struct Team::Backend {
  // Adjusts `size` to the threads the runtime grants (OMP_THREAD_LIMIT, a team made inside
  // another's run).
  explicit Backend(int& size) {
    omp_set_dynamic(0);
    int granted = 1;
#pragma omp parallel num_threads(size)
    if (omp_get_thread_num() == 0) granted = omp_get_num_threads();
    size = granted;
  }

  void run(int size, const std::function<void(int)>& body) {
    omp_set_dynamic(0);  // a setting of each calling thread
    bool is_short = false;
#pragma omp parallel num_threads(size)
    {
      if (omp_get_num_threads() == size)
        body(omp_get_thread_num());
      else if (omp_get_thread_num() == 0)
        is_short = true;
    }
    // With fewer threads some workers would never run and barriers would wait for them for ever.
    if (is_short)
      throw Error(ErrorKind::Internal, "a team of " + std::to_string(size) +
                                           " threads cannot run inside another team's run");
  }
};

#else

// Threads that wait for the next run as at a barrier, and sleep where none comes: a spinning thread
// would take its processor from the one that prepares the run.
struct Team::Backend {
  explicit Backend(int& size) {
    try {
      for (int index = 1; index < size; ++index)
        threads_.emplace_back([this, index] { serve(index); });
    } catch (const std::system_error&) {
      stop();
      throw Error(ErrorKind::Resource, "cannot start " + std::to_string(size) + " threads");
    }
  }
  ~Backend() { stop(); }

  void run(int, const std::function<void(int)>& body) {
    body_ = &body;
    running_.store(static_cast<int>(threads_.size()), std::memory_order_relaxed);
    begin_round();
    body(0);
    for (int left; (left = running_.load(std::memory_order_acquire)) != 0;)
      wait_while(running_, left);
  }

 private:
  // Turns before a wait sleeps, some tenths of a millisecond: longer than choosing tokens takes.
  static constexpr int kPatience = kSpins + 500;

  template <typename T>
  static void wait_while(const std::atomic<T>& value, T old) {
    for (int turn = 0; turn < kPatience; ++turn) {
      if (value.load(std::memory_order_acquire) != old) return;
      wait_a_turn(turn);
    }
    value.wait(old, std::memory_order_acquire);
  }

  void begin_round() {
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
  }

  void stop() {
    body_ = nullptr;
    begin_round();
    for (std::thread& thread : threads_) thread.join();
  }

  void serve(int index) {
    for (unsigned seen = 0;; ++seen) {
      wait_while(round_, seen);
      const std::function<void(int)>* body = body_;
      if (body == nullptr) return;
      (*body)(index);
      if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) running_.notify_one();
    }
  }

  const std::function<void(int)>* body_ = nullptr;  // null: the team ends
  alignas(64) std::atomic<unsigned> round_{0};
  alignas(64) std::atomic<int> running_{0};
  std::vector<std::thread> threads_;
};

#endif

Team::Team(int threads) : size_(threads > 0 ? threads : available_processors()) {
  if (threads < 0 || threads > kMaxThreads)
    throw Error(ErrorKind::Usage, "a team of " + std::to_string(threads) + " threads was asked for")
        .hint("from 1 to " + std::to_string(kMaxThreads) + ", or 0 for all processors");
  barrier_ = std::make_unique<TeamBarrier>(size_);
  backend_ = std::make_unique<Backend>(size_);
}

Team::~Team() = default;

void Team::run(const std::function<void(Worker&)>& body) {
  const RunGuard guard(*barrier_);
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(size_));
  const std::function<void(int)> guarded = [&](int index) {
    try {
      Worker worker(index, size_, barrier_.get());
      body(worker);
    } catch (...) {
      errors[static_cast<std::size_t>(index)] = std::current_exception();
    }
  };
  if (size_ == 1)
    guarded(0);
  else
    backend_->run(size_, guarded);
  for (const std::exception_ptr& error : errors)
    if (error) std::rethrow_exception(error);
}

void Team::parallel_for(std::ptrdiff_t total, std::ptrdiff_t grain,
                        const std::function<void(Range)>& body) {
  TENON_CHECK(total >= 0 && grain >= 1);
  run([&](Worker& worker) {
    const Range range = worker.share(total, grain);
    if (range.size() > 0) body(range);
  });
}

}  // namespace tenon
