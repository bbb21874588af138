#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/team.h"
#include "scoring/pass_timing.h"

namespace tenon::scoring {

/// "int8", "bfloat16" or "float32": the name of a peak in records.
std::string_view peak_name(kernels::ActivationForm form);

/// What the processor does at best with some threads.
struct ThreadLimits {
  int threads = 0;
  double read_bytes_per_second = 0.0;  // of memory that no cache holds
  /// Multiplications and additions in dot products, by the form of the activations; none where
  /// nothing in this build multiplies that form by an instruction of its own.
  std::array<std::optional<double>, kernels::kActivationForms> operations_per_second{};
  std::optional<double> peak(kernels::ActivationForm form) const {
    return operations_per_second[static_cast<std::size_t>(form)];
  }
};

struct MachineLimitsOptions {
  /// Over all cells: a number of threads and a kind of limit. Each takes five milliseconds at least,
  /// reading as long as three turns over the memory.
  double seconds = 1.0;
  std::int64_t read_bytes = std::int64_t{256} << 20;  // more than the last cache of most processors
};

/// Measures 1, 2, 4, ... and all threads of `team`, in this order; the best of several tries each,
/// because other programs can only slow them. `now` gives seconds from any start. Throws
/// Error(Usage) where nothing would be read, Error(Resource) without the memory.
std::vector<ThreadLimits> measure_limits(Team& team, const MachineLimitsOptions& options,
                                         const std::function<double()>& now);

/// The better of two measurements of the same team, one before and one after what is judged by them:
/// the speed of a machine drifts, and other programs can only slow it.
std::vector<ThreadLimits> better_of(const std::vector<ThreadLimits>& before,
                                    const std::vector<ThreadLimits>& after);

/// How near a pass comes to the limits: the least time they allow over the time it took.
struct LimitShares {
  /// Weights and cached keys and values, each read once, at the speed of streaming.
  double bandwidth = 0.0;
  /// Products with weights, each at the peak of its form; none where one of them has no peak.
  std::optional<double> operations;
};
LimitShares shares_of(const PassWork& work, double seconds, const ThreadLimits& limits);

}  // namespace tenon::scoring
