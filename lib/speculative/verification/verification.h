#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "sampling/sampler_chain.h"
#include "speculative/token_tree.h"

/// Acceptance rules: which drafted tokens become text. A rule knows no model and no drafter, only the
/// tree and the logits of its rows. Every sampler of the chain is applied at every drafted position
/// with the drafted prefix as part of the text.
namespace tenon::speculative {

/// What one pass over a tree gives to judge it by.
struct Draft {
  const TokenTree& tree;
  /// [1 + nodes, vocab]: the logits after the root, then those after node 0, 1, ...
  std::span<const float> logits;
  /// Prompt and answer; the last token is the root. Not empty.
  std::span<const std::int32_t> text;
  std::uint64_t sequence = 0;  // names the noise, as in SamplerChain::draw

  /// The logits after `node`, the root included.
  std::span<const float> logits_after(std::int32_t node) const {
    const std::size_t vocab = logits.size() / (static_cast<std::size_t>(tree.size()) + 1);
    return logits.subspan(static_cast<std::size_t>(node + 1) * vocab, vocab);
  }
};

struct Verdict {
  /// The accepted nodes from below the root down: TokenTree::rows_to_commit turns them into rows.
  std::vector<std::int32_t> path;
  /// What to append to the text: the tokens of the path and one more, which is the next root. Token i
  /// was decided by logits_after(i == 0 ? root : path[i - 1]); its log-probability is that of those
  /// logits, as in plain decoding.
  std::vector<std::int32_t> tokens;

  /// Only where the rule is lossy. How many of `tokens` are what the target itself would have drawn
  /// there, and the sum over tokens of KL(the rule's choice || p), in nats: an accepted token was
  /// certain once it was drafted, so it adds -log p; tokens that the target drew add 0.
  std::int64_t agreeing = 0;
  double divergence = 0.0;
};

/// What a rule promises.
enum class Guarantee {
  SameBytes,  // the text of plain decoding with the same seed
  SameLaw,    // the distribution of plain decoding, other bytes
  Lossy,      // neither
};

class Verification {
 public:
  virtual ~Verification() = default;
  virtual std::string_view name() const = 0;
  virtual Guarantee guarantee() const = 0;
  /// False: accept() throws Error(Unsupported) for a tree that is not a chain.
  virtual bool takes_trees() const { return true; }
  virtual Verdict accept(const Draft& draft, const sampling::SamplerChain& chain) const = 0;
};

struct VerificationOptions {
  // Of the rule `typical` (Cai et al. 2024, arXiv:2401.10774, section 2.3.1)
  double epsilon = 0.09;  // always accepted above this probability
  double delta = 0.3;     // accepted above delta * exp(-entropy)
};

/// The rule called `name`: coupled, rejection, block or typical. Throws Error(Usage) for another name
/// or an option out of range.
std::unique_ptr<Verification> make_verification(std::string_view name,
                                                const VerificationOptions& options = {});

}  // namespace tenon::speculative
