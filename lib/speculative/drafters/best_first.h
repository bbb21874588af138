#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "speculative/drafters/drafter.h"

namespace tenon::speculative {

/// One possible continuation, from where `place` says what may follow it.
template <typename Place>
struct Continuation {
  std::int32_t token = 0;
  double probability = 0.0;  // that it follows, 0 .. 1
  Place place{};
};

/// Grows a tree by its most probable path first, which maximises the expected accepted length for any
/// number of nodes (Chen et al. 2024, Sequoia, arXiv:2402.12374, section 3). `expand(place)` lists what
/// may follow, most probable first; paths less probable than `least` are left out. Equal paths go by
/// age, so a tree of equals grows by breadth.
template <typename Place, typename Expand>
TokenTree grow_best_first(const Place& root, const ProposalLimits& limits, double least,
                          const Expand& expand) {
  struct Waiting {
    double value;
    std::int64_t order;
    std::int32_t parent;
    Continuation<Place> next;
    bool operator<(const Waiting& other) const {
      return value != other.value ? value < other.value : order > other.order;
    }
  };
  TokenTree tree;
  std::priority_queue<Waiting> waiting;
  std::int64_t order = 0;
  const auto add_children = [&](std::int32_t parent, const Place& place, double value) {
    std::int32_t count = 0;
    for (const Continuation<Place>& next : expand(place)) {
      if (count++ == limits.children || value * next.probability < least) break;
      waiting.push({value * next.probability, order++, parent, next});
    }
  };
  if (limits.nodes > 0 && limits.depth > 0) add_children(TokenTree::kRoot, root, 1.0);
  while (!waiting.empty() && tree.size() < limits.nodes) {
    const Waiting best = waiting.top();
    waiting.pop();
    const std::int32_t node = tree.add(best.parent, best.next.token, best.next.probability);
    if (tree.node(node).depth < limits.depth) add_children(node, best.next.place, best.value);
  }
  return tree;
}

}  // namespace tenon::speculative
