#pragma once

#include <cstddef>
#include <span>

namespace tenon::sampling {

/// The greatest of `logits` [vocab]. Refuses what no distribution can be made of: Error(Input)
/// naming the first token whose logit is not a number or +infinity, or saying that every token is
/// -infinity.
float greatest_logit(std::span<const float> logits);

/// sum_i exp((logits[i] - greatest) / temperature), in double, whatever the vocabulary: relative
/// error below 1e-15 * log2(vocab). The order of the sum is fixed, so the bits do not depend on the
/// processor.
double exp_sum(std::span<const float> logits, float greatest, double temperature = 1.0);

}  // namespace tenon::sampling
