#include "sampling/top_p.h"

#include <cmath>

#include "sampling/smallest_prefix.h"
#include "sampling/softmax.h"
#include "sampling/weighted_prefix.h"

namespace tenon::sampling {

void keep_nucleus(Candidates& candidates, double top_p) {
  const auto weight = [](const Candidate& item) { return std::exp(item.score); };
  candidates.items.resize(
      smallest_prefix(candidates.items, top_p * candidates.mass, comes_before, weight));
  candidates.mass = mass_of(candidates.items);
}

Candidates nucleus_of(const TemperedLogits& logits, double top_p) {
  const std::size_t vocab = logits.logits.size();
  const double mass = exp_sum(logits.logits, logits.greatest, logits.temperature);
  const double floor = nucleus_floor(mass, top_p, static_cast<std::int64_t>(vocab));
  // A confident model leaves few to choose among: a list of them is sooner cut than buckets are made.
  constexpr std::size_t kShort = 8;
  const float least = least_logit(logits, floor);
  std::size_t count = 0;
  for (const float logit : logits.logits) count += logit >= least ? 1 : 0;
  if (count * kShort < vocab) {
    Candidates candidates = candidates_from(logits, floor, mass);
    keep_nucleus(candidates, top_p);
    return candidates;
  }
  static thread_local std::vector<double> weights;
  weights.resize(vocab);
  exp_moments(logits.logits, logits.greatest, logits.temperature, weights);
  return weighted_prefix(logits, weights, top_p * mass, least, [](double score) { return -score; });
}

double nucleus_floor(double mass, double top_p, std::int64_t vocab) {
  // Half of it: room for the rounding of every sum on the way.
  return std::log(0.5 * mass * (1.0 - top_p) / static_cast<double>(vocab));
}

}  // namespace tenon::sampling
