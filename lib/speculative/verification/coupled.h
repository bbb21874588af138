#pragma once

#include "speculative/verification/verification.h"

namespace tenon::speculative {

/// A drafted token is accepted iff it is the token that the target itself draws there: argmax(log p +
/// Gumbel noise of seed, sequence, position and token). The text is that of plain decoding byte for
/// byte, whatever was drafted; a drafter that uses the same noise guesses right at least as often as
/// (1 - TV) / (1 + TV) of p and q (Daliri et al. 2024, arXiv:2408.07978, theorem 2).
class Coupled : public Verification {
 public:
  std::string_view name() const override { return "coupled"; }
  Guarantee guarantee() const override { return Guarantee::SameBytes; }
  Verdict accept(const Draft& draft, const sampling::SamplerChain& chain) const override;
};

}  // namespace tenon::speculative
