#include "speculative/acceptance_table.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace tenon::speculative {

AcceptanceTable::AcceptanceTable(const AcceptanceOptions& options)
    : options_(options),
      keep_(std::exp(-1.0 / options.memory)),
      tallies_(static_cast<std::size_t>((1 + kDepths) * kRanks * kClasses)) {
  TENON_CHECK(options.prior_weight > 0.0 && options.memory > 0.0);
}

std::size_t AcceptanceTable::cell(std::int32_t depth, const TreeNode& node) {
  const std::int32_t rank = std::min(node.rank, kRanks - 1);
  const auto grade =
      std::clamp(static_cast<std::int32_t>(node.confidence * kClasses), 0, kClasses - 1);
  return static_cast<std::size_t>((std::min(depth, kDepths) * kRanks + rank) * kClasses + grade);
}

double AcceptanceTable::rate(const Tally& tally, double prior) const {
  return (tally.accepted + options_.prior_weight * prior) / (tally.tried + options_.prior_weight);
}

double AcceptanceTable::estimate(const TreeNode& node) const {
  // Neither certain nor impossible before it was tried.
  const double confidence = std::clamp(node.confidence, 0.01, 0.99);
  return rate(tallies_[cell(node.depth, node)], rate(tallies_[pooled(node)], confidence));
}

double AcceptanceTable::estimate_first(std::int32_t depth) const {
  constexpr double kBeforeAnyTrial = 0.5;
  Tally all;
  for (const Tally& tally : first_) {
    all.tried += tally.tried;
    all.accepted += tally.accepted;
  }
  const auto slot = static_cast<std::size_t>(std::clamp(depth, 1, kDepths) - 1);
  return rate(first_[slot], rate(all, kBeforeAnyTrial));
}

std::vector<double> AcceptanceTable::path_values(const TokenTree& tree) const {
  std::vector<double> values;
  for (const TreeNode& node : tree.nodes())
    values.push_back(estimate(node) * (node.parent == TokenTree::kRoot
                                           ? 1.0
                                           : values[static_cast<std::size_t>(node.parent)]));
  return values;
}

void AcceptanceTable::count(Tally& tally, bool is_accepted) const {
  tally.tried = tally.tried * keep_ + 1.0;
  tally.accepted = tally.accepted * keep_ + (is_accepted ? 1.0 : 0.0);
}

void AcceptanceTable::observe(const TokenTree& tree, std::span<const std::int32_t> tokens) {
  std::int32_t node = TokenTree::kRoot;
  for (const std::int32_t token : tokens) {
    for (const std::int32_t child : tree.children(node)) {
      const TreeNode& tried = tree.node(child);
      const bool is_accepted = tried.token == token;
      count(tallies_[cell(tried.depth, tried)], is_accepted);
      count(tallies_[pooled(tried)], is_accepted);
      if (tried.rank == 0)
        count(first_[static_cast<std::size_t>(std::min(tried.depth, kDepths) - 1)], is_accepted);
    }
    const auto next = tree.child_with(node, token);
    if (!next) return;
    node = *next;
  }
}

}  // namespace tenon::speculative
