#include "speculative/drafters/draw_children.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace tenon::speculative {

std::int32_t draw_children(TokenTree& tree, std::int32_t parent,
                           std::span<const double> probabilities, const RandomStream& noise,
                           std::int32_t count, double confidence) {
  struct Entry {
    double result;
    std::int32_t token;
  };
  std::vector<Entry> entries;
  for (std::size_t token = 0; token < probabilities.size(); ++token)
    if (probabilities[token] > 0.0)
      entries.push_back(
          {std::log(probabilities[token]) + noise.gumbel(token), static_cast<std::int32_t>(token)});
  const auto kept = std::min(entries.size(), static_cast<std::size_t>(std::max(count, 0)));
  std::partial_sort(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(kept),
                    entries.end(), [](const Entry& a, const Entry& b) {
                      return a.result != b.result ? a.result > b.result : a.token < b.token;
                    });
  if (kept == 0) return 0;
  for (std::size_t i = 0; i < kept; ++i) tree.add(parent, entries[i].token, confidence);
  tree.set_drawn_from(parent, {probabilities.begin(), probabilities.end()});
  return static_cast<std::int32_t>(kept);
}

}  // namespace tenon::speculative
