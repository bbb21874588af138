#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/random.h"
#include "speculative/token_tree.h"

namespace tenon::speculative {

/// Noise for what a drafter draws for the children of `node` in the step that began after `begin`
/// tokens, where the rule must not have seen it before: rejection and block. A rule that has judged a
/// draft has learnt about its noise, so the next step needs other noise even at the same position.
/// (Under the rule `coupled` drafters use the target's noise, "gumbel" by sequence and position.)
inline RandomStream draft_noise(std::uint64_t seed, std::uint64_t sequence, std::size_t begin,
                                std::int32_t node) {
  return {seed, node == TokenTree::kRoot ? "draft" : "draft " + std::to_string(node), sequence,
          begin};
}

/// Adds up to `count` children drawn from `probabilities` [vocab] without replacement, and says so in
/// the tree: the greatest values of log q + noise, in falling order, which has the law of drawing one
/// after the other (Gumbel top-k: Vieira 2014; Kool et al. 2019, arXiv:1903.06059, section 2.3). Tokens of
/// probability 0 never come, so there may be fewer. Returns how many.
std::int32_t draw_children(TokenTree& tree, std::int32_t parent,
                           std::span<const double> probabilities, const RandomStream& noise,
                           std::int32_t count, double confidence = 0.0);

}  // namespace tenon::speculative
