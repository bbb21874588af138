#pragma once

#include <cstdint>
#include <span>
#include <utility>

namespace tenon::sampling {

/// logits[token] += bias for each pair; -infinity bans a token. Throws Error(Usage) for a token
/// outside the vocabulary.
void add_logit_bias(std::span<const std::pair<std::int32_t, double>> bias, std::span<float> logits);

}  // namespace tenon::sampling
