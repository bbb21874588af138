#include "sampling/candidates.h"

#include <cmath>
#include <limits>

namespace tenon::sampling {

float least_logit(const TemperedLogits& logits, double floor) {
  const double border = logits.greatest + floor * logits.temperature;
  return static_cast<float>(border - 1e-5 * (1.0 + std::abs(border)));
}

Candidates candidates_from(const TemperedLogits& logits, double floor, double mass) {
  Candidates candidates{.items = {}, .mass = mass};
  for_each_from(logits.logits, least_logit(logits, floor), [&](std::size_t token) {
    const double score = logits.score(logits.logits[token]);
    if (score >= floor) candidates.items.push_back({static_cast<std::int32_t>(token), score});
  });
  return candidates;
}

double mass_of(const std::vector<Candidate>& items) {
  double mass = 0.0;
  for (const Candidate& item : items) mass += std::exp(item.score);
  return mass;
}

}  // namespace tenon::sampling
