#include "sampling/typical_p.h"

#include <cmath>
#include <limits>

#include "sampling/smallest_prefix.h"
#include "sampling/softmax.h"
#include "sampling/weighted_prefix.h"

namespace tenon::sampling {

void keep_typical(Candidates& candidates, double typical_p) {
  struct Typicality {
    double distance;  // | -log p - entropy |
    double probability;
    Candidate candidate;
  };
  const double log_mass = std::log(candidates.mass);
  std::vector<Typicality> items;
  items.reserve(candidates.items.size());
  double entropy = 0.0;
  for (const Candidate& candidate : candidates.items) {
    const double log_probability = candidate.score - log_mass;
    const double probability = std::exp(log_probability);
    items.push_back({0.0, probability, candidate});
    if (probability > 0) entropy -= probability * log_probability;
  }
  for (Typicality& item : items)
    item.distance = std::abs(-(item.candidate.score - log_mass) - entropy);

  const auto less = [](const Typicality& a, const Typicality& b) {
    return a.distance != b.distance ? a.distance < b.distance
                                    : a.candidate.token < b.candidate.token;
  };
  const auto weight = [](const Typicality& item) { return item.probability; };
  items.resize(smallest_prefix(items, typical_p, less, weight));
  candidates.items.clear();
  for (const Typicality& item : items) candidates.items.push_back(item.candidate);
  candidates.mass = mass_of(candidates.items);
}

Candidates typical_of(const TemperedLogits& logits, double typical_p) {
  static thread_local std::vector<double> weights;
  weights.resize(logits.logits.size());
  const ExpMoments moments =
      exp_moments(logits.logits, logits.greatest, logits.temperature, weights);
  // -log p = log mass - score, the entropy is its mean.
  const double log_mass = std::log(moments.sum);
  const double entropy = log_mass - moments.product / moments.sum;
  constexpr float kAll = -std::numeric_limits<float>::max();  // the improbable may be typical
  return weighted_prefix(logits, weights, typical_p * moments.sum, kAll,
                         [&](double score) { return std::abs(-(score - log_mass) - entropy); });
}

}  // namespace tenon::sampling
