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

/// The first place where `value` stands; logits.size() where it does not.
std::size_t first_of(std::span<const float> logits, float value);

/// With e_i = exp((logits[i] - greatest) / temperature): the sum of e_i, which is exp_sum()'s, and of
/// e_i log(e_i), from which the entropy follows.
struct ExpMoments {
  double sum = 0.0;
  double product = 0.0;
};
/// `exponentials` [vocab] gets every e_i (1e-307 for one smaller than that).
ExpMoments exp_moments(std::span<const float> logits, float greatest, double temperature,
                       std::span<double> exponentials);

}  // namespace tenon::sampling
