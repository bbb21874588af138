#include "sampling/penalties.h"

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace tenon::sampling {

void apply_penalties(const Penalties& penalties, std::span<const std::int32_t> context,
                     std::span<float> logits) {
  const auto window = static_cast<std::size_t>(penalties.window);
  if (window > 0 && context.size() > window) context = context.last(window);

  // Sorted, equal tokens stand side by side: no array of the size of the vocabulary for 64 tokens.
  std::vector<std::int32_t> seen(context.begin(), context.end());
  std::sort(seen.begin(), seen.end());
  for (auto first = seen.begin(); first != seen.end();) {
    const std::int32_t token = *first;
    TENON_CHECK(token >= 0 && static_cast<std::size_t>(token) < logits.size());
    const auto last = std::upper_bound(first, seen.end(), token);
    const auto count = static_cast<double>(last - first);
    double logit = logits[static_cast<std::size_t>(token)];
    logit = logit > 0 ? logit / penalties.repeat : logit * penalties.repeat;
    logit -= penalties.presence + count * penalties.frequency;
    logits[static_cast<std::size_t>(token)] = static_cast<float>(logit);
    first = last;
  }
}

}  // namespace tenon::sampling
