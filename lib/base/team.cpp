#include "base/team.h"

#include <sched.h>

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "base/error.h"

#ifdef TENON_TEAM_OPENMP
#include <omp.h>
#endif

namespace tenon {

/// A counting barrier that spins shortly and then yields: passes have hundreds of barriers a few
/// microseconds apart, and a sleeping wait costs more than the work between them.
class TeamBarrier {
 public:
  void wait(int count) {
    if (count == 1) return;
    const unsigned phase = phase_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == count) {
      arrived_.store(0, std::memory_order_relaxed);
      phase_.store(phase + 1, std::memory_order_release);
      return;
    }
    for (int spins = 0; phase_.load(std::memory_order_acquire) == phase; ++spins) {
      if (spins < kSpins)
        pause();
      else
        std::this_thread::yield();
    }
  }

 private:
  static constexpr int kSpins = 4000;
  static void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  friend class RunGuard;
  std::atomic<bool> is_running_{false};
  alignas(64) std::atomic<int> arrived_{0};
  alignas(64) std::atomic<unsigned> phase_{0};
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
  barrier_->wait(count_);
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
    {
      const std::lock_guard lock(mutex_);
      body_ = &body;
      running_ = static_cast<int>(threads_.size());
      ++round_;
    }
    start_.notify_all();
    body(0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return running_ == 0; });
  }

 private:
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    start_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void serve(int index) {
    long seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
      start_.wait(lock, [&] { return is_stopping_ || round_ != seen; });
      if (is_stopping_) return;
      seen = round_;
      const std::function<void(int)>* body = body_;
      lock.unlock();
      (*body)(index);
      lock.lock();
      if (--running_ == 0) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable start_, done_;
  const std::function<void(int)>* body_ = nullptr;
  int running_ = 0;
  long round_ = 0;
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;
};

#endif

Team::Team(int threads)
    : size_(threads > 0 ? threads : available_processors()),
      barrier_(std::make_unique<TeamBarrier>()) {
  if (threads < 0 || threads > kMaxThreads)
    throw Error(ErrorKind::Usage, "a team of " + std::to_string(threads) + " threads was asked for")
        .hint("from 1 to " + std::to_string(kMaxThreads) + ", or 0 for all processors");
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
