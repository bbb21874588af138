#include "sampling/min_p.h"

#include <algorithm>
#include <cmath>

namespace tenon::sampling {

void keep_min_p(Candidates& candidates, double min_p) {
  double greatest = candidates.items.front().score;
  for (const Candidate& item : candidates.items) greatest = std::max(greatest, item.score);
  const double least = greatest + std::log(min_p);
  std::erase_if(candidates.items, [&](const Candidate& item) { return item.score < least; });
  candidates.mass = mass_of(candidates.items);
}

}  // namespace tenon::sampling
