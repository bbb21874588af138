#include "sampling/candidates.h"

#include <cmath>
#include <limits>

namespace tenon::sampling {

Candidates candidates_from(const TemperedLogits& logits, double floor, double mass) {
  // Compare logits rather than scores in the loop over the vocabulary: one subtraction less a
  // token. A little below the exact border, because the way back from a score rounds.
  const double border = logits.greatest + floor * logits.temperature;
  const auto least = static_cast<float>(border - 1e-5 * (1.0 + std::abs(border)));
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  Candidates candidates{.items = {}, .mass = mass};
  for (std::size_t token = 0; token < logits.logits.size(); ++token) {
    const float logit = logits.logits[token];
    if (logit < least || logit == kNever) continue;
    const double score = logits.score(logit);
    if (score >= floor) candidates.items.push_back({static_cast<std::int32_t>(token), score});
  }
  return candidates;
}

double mass_of(const std::vector<Candidate>& items) {
  double mass = 0.0;
  for (const Candidate& item : items) mass += std::exp(item.score);
  return mass;
}

}  // namespace tenon::sampling
