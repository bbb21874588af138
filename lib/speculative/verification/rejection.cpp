#include "speculative/verification/rejection.h"

#include <optional>

#include "base/error.h"
#include "speculative/verification/remaining.h"

namespace tenon::speculative {

namespace {

constexpr auto at(std::int32_t index) {
  return static_cast<std::size_t>(index);
}

/// Tries children drawn from `draft` in turn; `target` becomes what remains.
std::optional<std::int32_t> try_drawn(const TokenTree& tree, std::int32_t node,
                                      std::vector<double> draft, const RandomStream& numbers,
                                      std::vector<double>& target) {
  for (const std::int32_t child : tree.children(node)) {
    const std::size_t token = at(tree.node(child).token);
    TENON_CHECK(token < draft.size() && draft[token] > 0.0);
    if (numbers.uniform(at(child)) * draft[token] < target[token]) return child;
    target = positive_part(target, draft);
    normalise(target);
    draft[token] = 0.0;
    normalise(draft);
  }
  return std::nullopt;
}

std::optional<std::int32_t> try_listed(const TokenTree& tree, std::int32_t node,
                                       const RandomStream& numbers, std::vector<double>& target) {
  for (const std::int32_t child : tree.children(node)) {
    const std::size_t token = at(tree.node(child).token);
    TENON_CHECK(token < target.size());
    if (numbers.uniform(at(child)) < target[token]) return child;
    target[token] = 0.0;
    normalise(target);
  }
  return std::nullopt;
}

}  // namespace

Verdict Rejection::accept(const Draft& draft, const sampling::SamplerChain& chain) const {
  const std::uint64_t seed = chain.options().seed;
  const RandomStream numbers = acceptance_numbers(seed, draft.sequence, draft.text.size());
  Verdict verdict;
  std::vector<std::int32_t> text(draft.text.begin(), draft.text.end());
  std::int32_t node = TokenTree::kRoot;
  while (true) {
    std::vector<double> target = chain.distribution(draft.logits_after(node), text);
    const std::vector<double>* drawn_from = draft.tree.drawn_from(node);
    const auto child = drawn_from ? try_drawn(draft.tree, node, *drawn_from, numbers, target)
                                  : try_listed(draft.tree, node, numbers, target);
    if (!child) {
      verdict.tokens.push_back(
          draw_by_weight(target, residual_noise(seed, draft.sequence, draft.text.size())));
      return verdict;
    }
    verdict.path.push_back(*child);
    verdict.tokens.push_back(draft.tree.node(*child).token);
    text.push_back(verdict.tokens.back());
    node = *child;
  }
}

}  // namespace tenon::speculative
