#include "speculative/draft_length.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace tenon::speculative {

namespace {

struct Ranked {
  std::vector<std::int32_t> order;  // best first; a parent before its children
  std::vector<double> values;       // by node
};

/// Of drawn siblings a later one cannot be kept without the earlier ones: it counts for no more.
Ranked rank_nodes(const TokenTree& tree, std::span<const double> values) {
  Ranked ranked{std::vector<std::int32_t>(values.size()), {values.begin(), values.end()}};
  for (std::int32_t parent = TokenTree::kRoot; parent < tree.size(); ++parent) {
    if (tree.drawn_from(parent) == nullptr) continue;
    double least = 1.0;
    for (const std::int32_t child : tree.children(parent)) {
      double& value = ranked.values[static_cast<std::size_t>(child)];
      least = value = std::min(value, least);
    }
  }
  // Nor can a child count for more than its parent, which the line above may have lowered.
  for (std::int32_t node = 0; node < tree.size(); ++node) {
    const std::int32_t parent = tree.node(node).parent;
    if (parent == TokenTree::kRoot) continue;
    double& value = ranked.values[static_cast<std::size_t>(node)];
    value = std::min(value, ranked.values[static_cast<std::size_t>(parent)]);
  }
  std::iota(ranked.order.begin(), ranked.order.end(), 0);
  std::stable_sort(ranked.order.begin(), ranked.order.end(), [&](std::int32_t a, std::int32_t b) {
    return ranked.values[static_cast<std::size_t>(a)] > ranked.values[static_cast<std::size_t>(b)];
  });
  return ranked;
}

}  // namespace

DraftLength::DraftLength(std::vector<double> pass_seconds, const DraftLengthOptions& options)
    : pass_seconds_(std::move(pass_seconds)), options_(options) {
  TENON_CHECK(!pass_seconds_.empty());
  for (const double seconds : pass_seconds_) TENON_CHECK(seconds > 0.0);
  TENON_CHECK(options.exploration >= 0.0 && options.exploration <= 1.0);
}

DraftChoice DraftLength::best(const TokenTree& tree, std::span<const double> values,
                              double draft_seconds) const {
  TENON_CHECK(values.size() == static_cast<std::size_t>(tree.size()));
  const Ranked ranked = rank_nodes(tree, values);
  DraftChoice best{.nodes = {}, .expected_tokens = 1.0, .expected_seconds = pass(1)};
  std::size_t best_count = 0;
  double tokens = 1.0;
  const std::size_t most = std::min(ranked.order.size(), pass_seconds_.size() - 1);
  for (std::size_t count = 1; count <= most; ++count) {
    tokens += ranked.values[static_cast<std::size_t>(ranked.order[count - 1])];
    const double seconds = draft_seconds + pass(count + 1);
    if (tokens / seconds <= best.tokens_per_second()) continue;
    best.expected_tokens = tokens;
    best.expected_seconds = seconds;
    best_count = count;
  }
  best.nodes.assign(ranked.order.begin(),
                    ranked.order.begin() + static_cast<std::ptrdiff_t>(best_count));
  std::sort(best.nodes.begin(), best.nodes.end());
  return best;
}

DraftChoice DraftLength::choose(const TokenTree& tree, std::span<const double> values,
                                double draft_seconds) {
  DraftChoice choice = best(tree, values, draft_seconds);
  if (choice.nodes.empty() && !tree.is_empty()) {
    const Ranked ranked = rank_nodes(tree, values);
    const std::size_t count =
        std::min({ranked.order.size(), pass_seconds_.size() - 1,
                  static_cast<std::size_t>(std::max(options_.exploration_nodes, 0))});
    DraftChoice trial{
        .nodes = {ranked.order.begin(), ranked.order.begin() + static_cast<std::ptrdiff_t>(count)},
        .expected_tokens = 1.0,
        .expected_seconds = draft_seconds + pass(count + 1),
        .is_exploration = true};
    std::sort(trial.nodes.begin(), trial.nodes.end());
    for (const std::int32_t node : trial.nodes)
      trial.expected_tokens += ranked.values[static_cast<std::size_t>(node)];
    // As if nothing of it came true: the bound holds whatever the estimates are worth.
    const double loss = trial.expected_seconds - pass(1);
    if (count > 0 && exploration_seconds_ + loss <= options_.exploration * expected_seconds_) {
      exploration_seconds_ += loss;
      choice = std::move(trial);
    }
  }
  expected_seconds_ += choice.expected_seconds;
  return choice;
}

std::int32_t DraftLength::best_chain(const AcceptanceTable& table, double seconds_a_token) const {
  std::int32_t best = 0;
  double best_rate = 1.0 / pass(1), tokens = 1.0, value = 1.0;
  for (std::int32_t length = 1; length <= most_nodes(); ++length) {
    tokens += value *= table.estimate_first(length);
    const double rate =
        tokens / (length * seconds_a_token + pass(static_cast<std::size_t>(length) + 1));
    if (rate <= best_rate) continue;
    best_rate = rate;
    best = length;
  }
  return best;
}

}  // namespace tenon::speculative
