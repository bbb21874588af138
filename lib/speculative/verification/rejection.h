#pragma once

#include "speculative/verification/verification.h"

namespace tenon::speculative {

/// Recursive rejection: exact in law for any tree. At a node the children are tried by rank, P = p
/// at first. One drawn from q is accepted with probability min(1, P(x) / q(x)); else P becomes
/// norm(max(0, P - q)) and q loses x (Miao et al. 2024, SpecInfer, arXiv:2305.09781, section 4.3; without
/// replacement: Jeon et al. 2024, arXiv:2402.14160). One that is listed is a draw from a one-hot q:
/// accepted with probability P(x), else P loses x. When all failed the next token is drawn from P.
///
/// On a chain this is speculative sampling (Leviathan et al. 2023, arXiv:2211.17192, algorithm 1;
/// Chen et al. 2023, arXiv:2302.01318).
class Rejection : public Verification {
 public:
  std::string_view name() const override { return "rejection"; }
  Guarantee guarantee() const override { return Guarantee::SameLaw; }
  Verdict accept(const Draft& draft, const sampling::SamplerChain& chain) const override;
};

}  // namespace tenon::speculative
