#pragma once

#include "speculative/verification/verification.h"

namespace tenon::speculative {

struct TypicalOptions {
  double epsilon = 0.09;  // 0 .. 1, Medusa's repository
  double delta = 0.3;     // 0 .. 1, about the root of epsilon
};

/// Typical acceptance (Cai et al. 2024, Medusa, arXiv:2401.10774, section 2.3.1): a drafted token is
/// accepted iff p(x) > min(epsilon, delta * exp(-H(p))), H in nats with 1e-5 inside the logarithm as in
/// its repository. Of the paths accepted as a whole the longest wins, then the one of larger sum of
/// log p, then the earlier node. The token after it is the target's own draw. Lossy on purpose, except
/// at temperature 0.
class Typical : public Verification {
 public:
  /// Throws Error(Usage) where an option is out of range.
  explicit Typical(const TypicalOptions& options);
  std::string_view name() const override { return "typical"; }
  Guarantee guarantee() const override { return Guarantee::Lossy; }
  Verdict accept(const Draft& draft, const sampling::SamplerChain& chain) const override;

 private:
  double threshold(const std::vector<double>& target) const;
  TypicalOptions options_;
};

}  // namespace tenon::speculative
