#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/option_registry.h"
#include "sampling/sampler_chain.h"

namespace tenon::sampling {

/// SamplingOptions as a command line spells them; the seed is an option of every command and not
/// here.
struct SamplingFlags {
  SamplingOptions options;
  std::vector<std::string> logit_bias;  // "ID=VALUE"

  /// The options with the biases read and `seed` set, validated.
  SamplingOptions resolve(std::uint64_t seed) const;
};

/// The group "Sampling": every command that samples spells its flags so.
void register_options(OptionRegistry& registry, SamplingFlags& flags);

/// "123=-2.5" or "123=-inf". Throws Error(Usage).
std::pair<std::int32_t, double> parse_logit_bias(const std::string& text);

}  // namespace tenon::sampling
