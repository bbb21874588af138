#pragma once

#include "speculative/verification/verification.h"

namespace tenon::speculative {

/// Block verification (Sun et al. 2024, arXiv:2403.10444, algorithm 2): a chain is judged as a whole,
/// so that a token that is too probable in the draft may be paid for by a later one. Exact in law, and
/// keeps at least as many tokens on average as token-by-token rejection. Chains only.
class Block : public Verification {
 public:
  std::string_view name() const override { return "block"; }
  Guarantee guarantee() const override { return Guarantee::SameLaw; }
  bool takes_trees() const override { return false; }
  Verdict accept(const Draft& draft, const sampling::SamplerChain& chain) const override;
};

}  // namespace tenon::speculative
