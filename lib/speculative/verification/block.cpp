#include "speculative/verification/block.h"

#include <algorithm>

#include "base/error.h"
#include "speculative/verification/remaining.h"

namespace tenon::speculative {

namespace {

/// q at the child of `node`: a listed token is a draw from a one-hot distribution.
std::vector<double> draft_distribution(const TokenTree& tree, std::int32_t node,
                                       std::size_t vocab) {
  if (const std::vector<double>* drawn = tree.drawn_from(node)) return *drawn;
  std::vector<double> one_hot(vocab, 0.0);
  one_hot[static_cast<std::size_t>(tree.node(node + 1).token)] = 1.0;
  return one_hot;
}

/// max(0, weight * p - q) and its sum.
struct Residual {
  std::vector<double> weights;
  double sum = 0.0;
};

Residual residual_of(double weight, const std::vector<double>& target,
                     const std::vector<double>& draft) {
  Residual residual{std::vector<double>(target.size()), 0.0};
  for (std::size_t token = 0; token < target.size(); ++token) {
    residual.weights[token] = std::max(0.0, weight * target[token] - draft[token]);
    residual.sum += residual.weights[token];
  }
  return residual;
}

}  // namespace

Verdict Block::accept(const Draft& draft, const sampling::SamplerChain& chain) const {
  const TokenTree& tree = draft.tree;
  if (!tree.is_chain())
    throw Error(ErrorKind::Unsupported, "block verification judges chains, this draft is a tree")
        .hint("draft chains, or accept by rejection or coupled");
  const std::uint64_t seed = chain.options().seed;
  const RandomStream numbers = acceptance_numbers(seed, draft.sequence, draft.text.size());
  std::vector<std::int32_t> text(draft.text.begin(), draft.text.end());

  // Algorithm 2 with p_i there = weight here: i = number of tokens kept, their joint weight
  // min(1, ... p(x) / q(x)); what remains to draw from if exactly i are kept.
  double weight = 1.0;
  std::int32_t kept = 0;
  std::vector<double> remaining;
  for (std::int32_t i = 0; i <= tree.size(); ++i) {
    std::vector<double> target = chain.distribution(draft.logits_after(i - 1), text);
    if (i == tree.size()) {
      if (i == 0 || numbers.uniform(static_cast<std::size_t>(i)) < weight) {
        kept = i;
        remaining = std::move(target);
      }
      break;
    }
    const std::vector<double> proposal = draft_distribution(tree, i - 1, target.size());
    Residual residual = residual_of(weight, target, proposal);
    // Where p = q and nothing was lost so far, all of it is kept: 0 / 0 stands for 1.
    const double below = residual.sum + 1.0 - weight;
    const double keep = below > 0.0 ? residual.sum / below : 1.0;
    if (i == 0 || numbers.uniform(static_cast<std::size_t>(i)) < keep) {
      kept = i;
      remaining = residual.sum > 0.0 ? std::move(residual.weights) : target;
    }
    const auto token = static_cast<std::size_t>(tree.node(i).token);
    TENON_CHECK(token < target.size() && proposal[token] > 0.0);
    weight = std::min(1.0, weight * target[token] / proposal[token]);
    text.push_back(tree.node(i).token);
  }

  Verdict verdict;
  for (std::int32_t node = 0; node < kept; ++node) {
    verdict.path.push_back(node);
    verdict.tokens.push_back(tree.node(node).token);
  }
  verdict.tokens.push_back(
      draw_by_weight(remaining, residual_noise(seed, draft.sequence, draft.text.size())));
  return verdict;
}

}  // namespace tenon::speculative
