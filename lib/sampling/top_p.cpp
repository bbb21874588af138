#include "sampling/top_p.h"

#include <cmath>

#include "sampling/smallest_prefix.h"

namespace tenon::sampling {

void keep_nucleus(Candidates& candidates, double top_p) {
  const auto weight = [](const Candidate& item) { return std::exp(item.score); };
  candidates.items.resize(
      smallest_prefix(candidates.items, top_p * candidates.mass, comes_before, weight));
  candidates.mass = mass_of(candidates.items);
}

double nucleus_floor(double mass, double top_p, std::int64_t vocab) {
  // Half of it: room for the rounding of every sum on the way.
  return std::log(0.5 * mass * (1.0 - top_p) / static_cast<double>(vocab));
}

}  // namespace tenon::sampling
