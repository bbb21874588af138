#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/team.h"
#include "models/language/language_model.h"
#include "scoring/pass_breakdown.h"

namespace tenon::scoring {

struct PassTimingOptions {
  std::vector<std::int64_t> rows = {1, 2, 4, 8, 512};  // of each kind of pass
  std::int64_t depth = 0;                              // committed positions before each pass
  std::int64_t repeat = 10;                            // measured passes of each kind
  std::int64_t warmup = 1;                             // unmeasured ones before
  /// Rows of a pass, from its end, that want logits: all of a draft's few rows, of a long prompt
  /// only the last ones.
  std::int64_t logit_rows = 16;
  DType cache_type = DType::F16;
  /// Seconds from any start. Where there is one, every measured pass is followed by another of its
  /// kind whose parts are timed by it.
  LapTimer::Clock profile_clock = nullptr;
};

/// What a pass has to do, whatever does it.
struct PassWork {
  /// Weights and cached keys and values, each read once.
  std::size_t weight_bytes = 0;
  std::size_t cache_bytes = 0;
  models::ProductOperations operations{};  // of all rows, in products with weights
};

struct PassTime {
  std::int64_t rows = 0;
  std::int64_t depth = 0;
  std::vector<double> seconds;  // of every measured pass, in order
  double seconds_min = 0.0;
  double seconds_median = 0.0;             // of an even number the mean of the middle two
  double tokens_per_second = 0.0;          // rows / seconds_median
  double bytes_per_second = 0.0;           // weights that one pass reads / seconds_median
  PassWork work;                           // that every such pass does
  std::optional<PassBreakdown> breakdown;  // where profiles were asked for
};

PassWork work_of_pass(const models::LanguageModelInfo& model, const PassTimingOptions& options,
                      std::int64_t rows);

/// Times forward passes of a chain of rows behind `depth` committed positions, by `now` (seconds
/// from any start). One pass of each kind is a round, and every round begins with another kind: a
/// clock that speeds up or a neighbour that wakes up hits all kinds alike. Results in the order of
/// `options.rows`. Throws Error(Usage) for counts that are not positive, and what the model throws.
std::vector<PassTime> time_passes(models::LanguageModel& model, const PassTimingOptions& options,
                                  Team& team, const std::function<double()>& now);

}  // namespace tenon::scoring
