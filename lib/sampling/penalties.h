#pragma once

#include <cstdint>
#include <span>

namespace tenon::sampling {

struct Penalties {
  double repeat = 1.0;       // Keskar et al. 2019 (CTRL, arXiv:1909.05858, section 4.1); 1: off
  double presence = 0.0;     // subtracted from every seen token
  double frequency = 0.0;    // subtracted once per occurrence
  std::int64_t window = 64;  // last tokens of the context that count as seen; 0: all
};

/// Lowers the logits of tokens that stand in the last `window` tokens of `context`: first
/// logit = logit > 0 ? logit / repeat : logit * repeat, then logit -= presence + count * frequency.
void apply_penalties(const Penalties& penalties, std::span<const std::int32_t> context,
                     std::span<float> logits);

}  // namespace tenon::sampling
