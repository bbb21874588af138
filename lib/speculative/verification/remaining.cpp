#include "speculative/verification/remaining.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "sampling/draw.h"

namespace tenon::speculative {

std::vector<double> positive_part(std::span<const double> target, std::span<const double> draft) {
  TENON_CHECK(target.size() == draft.size());
  std::vector<double> result(target.size());
  double sum = 0.0;
  for (std::size_t token = 0; token < target.size(); ++token) {
    result[token] = std::max(0.0, target[token] - draft[token]);
    sum += result[token];
  }
  if (sum == 0.0) result.assign(target.begin(), target.end());
  return result;
}

void normalise(std::vector<double>& probabilities) {
  double sum = 0.0;
  for (const double p : probabilities) sum += p;
  if (sum == 0.0) return;
  for (double& p : probabilities) p /= sum;
}

std::int32_t draw_by_weight(std::span<const double> weights, const RandomStream& noise) {
  sampling::Candidates candidates;
  for (std::size_t token = 0; token < weights.size(); ++token)
    if (weights[token] > 0.0)
      candidates.items.push_back({static_cast<std::int32_t>(token), std::log(weights[token])});
  TENON_CHECK(!candidates.items.empty());
  return sampling::draw(candidates, noise);
}

}  // namespace tenon::speculative
