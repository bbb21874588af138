#include "speculative/verification/typical.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"

namespace tenon::speculative {

namespace {

/// A node that is accepted together with all above it.
struct Accepted {
  bool is_accepted = false;
  double log_probability = 0.0;  // of the path to it
};

void check_probability(double value, const char* name) {
  if (!(value >= 0.0 && value <= 1.0))
    throw Error(ErrorKind::Usage, std::string(name) + " of typical acceptance is " +
                                      std::to_string(value) + ", it must lie between 0 and 1")
        .hint("0.09 for epsilon and 0.3 for delta are usual");
}

std::vector<std::int32_t> text_to(const Draft& draft, std::int32_t node) {
  std::vector<std::int32_t> text(draft.text.begin(), draft.text.end());
  const std::vector<std::int32_t> drafted = draft.tree.tokens_to(node);
  text.insert(text.end(), drafted.begin(), drafted.end());
  return text;
}

}  // namespace

Typical::Typical(const TypicalOptions& options) : options_(options) {
  check_probability(options.epsilon, "epsilon");
  check_probability(options.delta, "delta");
}

double Typical::threshold(const std::vector<double>& target) const {
  double entropy = 0.0;
  for (const double p : target)
    if (p > 0.0) entropy -= p * std::log(p + 1e-5);
  return std::min(options_.epsilon, options_.delta * std::exp(-entropy));
}

Verdict Typical::accept(const Draft& draft, const sampling::SamplerChain& chain) const {
  const TokenTree& tree = draft.tree;
  // Slot 0 is the root.
  std::vector<Accepted> accepted(static_cast<std::size_t>(tree.size()) + 1);
  const auto of = [&](std::int32_t node) -> Accepted& {
    return accepted[static_cast<std::size_t>(node + 1)];
  };
  of(TokenTree::kRoot).is_accepted = true;
  std::int32_t best = TokenTree::kRoot;
  const auto depth_of = [&](std::int32_t node) {
    return node == TokenTree::kRoot ? 0 : tree.node(node).depth;
  };
  // A parent comes before its children.
  for (std::int32_t node = TokenTree::kRoot; node < tree.size(); ++node) {
    if (!of(node).is_accepted) continue;
    const bool is_better =
        depth_of(node) > depth_of(best) ||
        (depth_of(node) == depth_of(best) && of(node).log_probability > of(best).log_probability);
    if (is_better) best = node;
    const std::vector<std::int32_t> children = tree.children(node);
    if (children.empty()) continue;
    const std::vector<double> target =
        chain.distribution(draft.logits_after(node), text_to(draft, node));
    const double least = threshold(target);
    for (const std::int32_t child : children) {
      const double p = target[static_cast<std::size_t>(tree.node(child).token)];
      if (p > least) of(child) = {true, of(node).log_probability + std::log(p)};
    }
  }

  Verdict verdict;
  for (std::int32_t node = best; node != TokenTree::kRoot; node = tree.node(node).parent)
    verdict.path.insert(verdict.path.begin(), node);
  verdict.tokens = tree.tokens_to(best);
  verdict.divergence = -of(best).log_probability;
  std::vector<std::int32_t> text(draft.text.begin(), draft.text.end());
  for (std::size_t i = 0; i <= verdict.path.size(); ++i) {
    const std::int32_t node = i == 0 ? TokenTree::kRoot : verdict.path[i - 1];
    const std::int32_t drawn =
        chain.draw(draft.logits_after(node), text, draft.sequence, text.size());
    if (i == verdict.path.size()) verdict.tokens.push_back(drawn);
    verdict.agreeing += verdict.tokens[i] == drawn ? 1 : 0;
    text.push_back(verdict.tokens[i]);
  }
  return verdict;
}

}  // namespace tenon::speculative
