#include "scoring/machine_limits.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/error.h"
#include "kernels/limits.h"
#include "kernels/weight_memory.h"

namespace tenon::scoring {

using kernels::ActivationForm;

namespace {

constexpr double kShortestTry = 0.002;  // seconds, against which starting the workers is nothing
constexpr std::ptrdiff_t kReadGrain = 4096;

std::vector<int> thread_counts(int most) {
  std::vector<int> counts;
  for (int count = 1; count < most; count *= 2) counts.push_back(count);
  counts.push_back(most);
  return counts;
}

class LimitMeter {
 public:
  LimitMeter(Team& team, double cell_seconds, const std::function<double()>& now)
      : team_(team), cell_seconds_(cell_seconds), now_(now) {}

  // Rounds a second of a worker times the workers.
  double rounds_per_second(const kernels::PeakLoop& loop, int threads) {
    std::int64_t rounds = 1000;
    double seconds = 0.0;
    const double begin = now_();
    // Until a try is long enough; a clock that stands still must not keep us for long.
    constexpr std::int64_t kMost = std::int64_t{1} << 24;
    for (; seconds < kShortestTry && rounds < kMost; rounds *= 2)
      seconds = time(threads, [&](int) { loop.run(rounds * 2); });
    double best = seconds;
    while (seconds > 0.0 && now_() - begin < cell_seconds_) {
      seconds = time(threads, [&](int) { loop.run(rounds); });
      best = std::min(best, seconds);
    }
    return best > 0.0 ? static_cast<double>(rounds) * threads / best : 0.0;
  }

  double bytes_per_second(kernels::ReadLoop loop, const kernels::WeightMemory& memory,
                          int threads) {
    const auto* data = reinterpret_cast<const std::byte*>(memory.data());
    const double begin = now_();
    double best = 0.0;
    for (int turn = 0; turn < 3 || now_() - begin < cell_seconds_; ++turn) {
      const double seconds = time(threads, [&](int worker) {
        const Range part =
            split_range(static_cast<std::ptrdiff_t>(memory.size()), worker, threads, kReadGrain);
        folded_[static_cast<std::size_t>(worker)] +=
            loop(data + part.begin, static_cast<std::size_t>(part.size()));
      });
      if (turn == 0 || seconds < best) best = seconds;
      if (seconds <= 0.0) break;
    }
    return best > 0.0 ? static_cast<double>(memory.size()) / best : 0.0;
  }

 private:
  // Until the last of the first `threads` workers has done its part; the others have none.
  template <typename Body>
  double time(int threads, const Body& body) {
    const double begin = now_();
    team_.run([&](Worker& worker) {
      if (worker.index() < threads) body(worker.index());
    });
    return now_() - begin;
  }

  Team& team_;
  double cell_seconds_;
  const std::function<double()>& now_;
  std::vector<std::uint64_t> folded_ =
      std::vector<std::uint64_t>(static_cast<std::size_t>(team_.size()));
};

// Written by the workers that read it, so that each page lies near one.
kernels::WeightMemory written_memory(std::int64_t bytes, Team& team) {
  if (bytes < kReadGrain)
    throw Error(ErrorKind::Usage, std::to_string(bytes) + " bytes cannot show how fast is read");
  kernels::WeightMemory memory(static_cast<std::size_t>(bytes / kReadGrain * kReadGrain));
  team.parallel_for(static_cast<std::ptrdiff_t>(memory.size()), kReadGrain, [&](Range part) {
    std::memset(memory.data() + part.begin, 1, static_cast<std::size_t>(part.size()));
  });
  return memory;
}

}  // namespace

std::string_view peak_name(ActivationForm form) {
  switch (form) {
    case ActivationForm::Int8x32:
      return "int8";
    case ActivationForm::BFloat16:
      return "bfloat16";
    case ActivationForm::Float32:
      break;
  }
  return "float32";
}

std::vector<ThreadLimits> measure_limits(Team& team, const MachineLimitsOptions& options,
                                         const std::function<double()>& now) {
  const kernels::LimitLoops loops = kernels::limit_loops();
  const kernels::WeightMemory memory = written_memory(options.read_bytes, team);
  const std::vector<int> counts = thread_counts(team.size());
  const auto cells = static_cast<double>(counts.size() * (loops.peaks.size() + 1));
  LimitMeter meter(team, options.seconds / cells, now);
  std::vector<ThreadLimits> limits;
  for (const int threads : counts) {
    ThreadLimits& limit = limits.emplace_back();
    limit.threads = threads;
    limit.read_bytes_per_second = meter.bytes_per_second(loops.read, memory, threads);
    for (const kernels::PeakLoop& loop : loops.peaks) {
      const double rounds = meter.rounds_per_second(loop, threads);
      if (rounds > 0.0)
        limit.operations_per_second[static_cast<std::size_t>(loop.form)] =
            rounds * loop.operations_per_round;
    }
  }
  return limits;
}

std::vector<ThreadLimits> better_of(const std::vector<ThreadLimits>& before,
                                    const std::vector<ThreadLimits>& after) {
  TENON_CHECK(before.size() == after.size());
  std::vector<ThreadLimits> best = before;
  for (std::size_t i = 0; i < best.size(); ++i) {
    best[i].read_bytes_per_second =
        std::max(before[i].read_bytes_per_second, after[i].read_bytes_per_second);
    for (std::size_t form = 0; form < kernels::kActivationForms; ++form)
      best[i].operations_per_second[form] =
          std::max(before[i].operations_per_second[form], after[i].operations_per_second[form]);
  }
  return best;
}

LimitShares shares_of(const PassWork& work, double seconds, const ThreadLimits& limits) {
  LimitShares shares;
  if (seconds <= 0.0) return shares;
  const auto bytes = static_cast<double>(work.weight_bytes + work.cache_bytes);
  if (limits.read_bytes_per_second > 0.0)
    shares.bandwidth = bytes / limits.read_bytes_per_second / seconds;
  double least_seconds = 0.0;
  for (std::size_t form = 0; form < work.operations.by_form.size(); ++form) {
    if (work.operations.by_form[form] == 0) continue;
    const std::optional<double> peak = limits.operations_per_second[form];
    if (!peak || *peak <= 0.0) return shares;
    least_seconds += static_cast<double>(work.operations.by_form[form]) / *peak;
  }
  shares.operations = least_seconds / seconds;
  return shares;
}

}  // namespace tenon::scoring
