#include "models/language/pass_profile.h"

#include <array>

namespace tenon::models {

std::string_view pass_part_name(PassPart part) {
  static constexpr std::array<std::string_view, kPassParts> kNames = {
      "synchronisation", "embedding",  "normalisation", "preparation",
      "query_key_value", "store_keys", "attention",     "attention_output",
      "gate_up",         "down",       "elementwise",   "output_head"};
  return kNames[static_cast<std::size_t>(part)];
}

void PassProfile::begin(int workers) {
  begin_ = now_();
  timers_.resize(static_cast<std::size_t>(workers));
  for (LapTimer& timer : timers_) timer.clear();
}

void PassProfile::end_region() {
  const double time = now_();
  for (LapTimer& timer : timers_) timer.lap(LapTimer::kWaiting, time);
}

}  // namespace tenon::models
