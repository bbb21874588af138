#include "sampling/temperature.h"

#include "sampling/softmax.h"

namespace tenon::sampling {

TemperedLogits apply_temperature(std::span<const float> logits, double temperature) {
  return {.logits = logits, .greatest = greatest_logit(logits), .temperature = temperature};
}

}  // namespace tenon::sampling
