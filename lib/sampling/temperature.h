#pragma once

#include <cstdint>
#include <span>

namespace tenon::sampling {

/// Logits seen through a temperature, without a copy: the score of a token is
/// (logit - greatest) / temperature, which is log p up to a constant. The greatest score is 0, so
/// neither a large logit nor a small temperature overflows.
struct TemperedLogits {
  std::span<const float> logits;  // [vocab]
  float greatest = 0.0f;          // of logits
  double temperature = 1.0;       // above 0

  double score(float logit) const {
    return (static_cast<double>(logit) - static_cast<double>(greatest)) / temperature;
  }
  double score_of(std::int32_t token) const {
    return score(logits[static_cast<std::size_t>(token)]);
  }
};

/// Checks the logits (see greatest_logit) and puts the temperature over them.
TemperedLogits apply_temperature(std::span<const float> logits, double temperature);

}  // namespace tenon::sampling
