#include "base/team.h"

#include <sched.h>

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
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
  alignas(64) std::atomic<int> arrived_{0};
  alignas(64) std::atomic<unsigned> phase_{0};
};

void Worker::barrier() { barrier_->wait(count_); }

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
  template <typename Body>
  void run(int size, const Body& body) {
#pragma omp parallel num_threads(size)
    body(omp_get_thread_num());
  }
};

#else

struct Team::Backend {
  explicit Backend(int size) {
    for (int index = 1; index < size; ++index) threads_.emplace_back([this, index] { serve(index); });
  }
  ~Backend() {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    start_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

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
  TENON_CHECK(threads >= 0);
#ifdef TENON_TEAM_OPENMP
  omp_set_dynamic(0);
  backend_ = std::make_unique<Backend>();
#else
  backend_ = std::make_unique<Backend>(size_);
#endif
}

Team::~Team() = default;

void Team::run(const std::function<void(Worker&)>& body) {
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
  run([&](Worker& worker) {
    const Range range = worker.share(total, grain);
    if (range.size() > 0) body(range);
  });
}

}  // namespace tenon
