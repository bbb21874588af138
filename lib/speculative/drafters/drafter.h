#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "speculative/token_tree.h"

namespace tenon::speculative {

/// The most that a tree may have. children = 1 asks for a chain.
struct ProposalLimits {
  std::int32_t nodes = 31;  // a pass of 32 rows with the root
  std::int32_t depth = 16;
  std::int32_t children = 4;  // of one node
};

struct ProposalRequest {
  std::span<const std::int32_t> text;  // prompt and answer; the last token is the root
  std::uint64_t sequence = 0;          // names the noise
  ProposalLimits limits;
};

/// What came of a pass.
struct Observation {
  /// Prompt and answer with the new tokens.
  std::span<const std::int32_t> text;
  /// How many of them are new; at the first observation, of the prompt, all.
  std::size_t appended = 0;
  /// The tree of the pass; null where nothing was drafted.
  const TokenTree* tree = nullptr;
  /// [1 + nodes, vocab] after the old root and the nodes, accepted or not; may be empty.
  std::span<const float> logits;
  /// [1 + nodes, model_dim], for drafters that read hidden states; may be empty.
  std::span<const float> hidden;

  /// The token that the pass began with.
  std::int32_t root() const { return text[text.size() - appended - 1]; }
};

/// Guesses how one sequence goes on. Knows no acceptance rule. Nothing has to be rolled back: a drafter
/// is told of text that stays, never of drafts.
class Drafter {
 public:
  virtual ~Drafter() = default;
  virtual std::string_view name() const = 0;
  /// A tree within the limits; empty where it has no guess. text is that of the last observation.
  virtual TokenTree propose(const ProposalRequest& request) = 0;
  /// First the prompt, then every step.
  virtual void observe(const Observation& observation) = 0;
};

}  // namespace tenon::speculative
