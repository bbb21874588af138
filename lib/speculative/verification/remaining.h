#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace tenon::speculative {

/// Random numbers of the rules that are exact in law. They are keyed by where the step began, which no
/// other step shares: a number that had a part in rejecting a token must not be used again for what
/// comes in its place (nor may a drafter's, see DraftNoise).
inline RandomStream acceptance_numbers(std::uint64_t seed, std::uint64_t sequence,
                                       std::size_t begin) {
  return {seed, "accept", sequence, begin};
}
inline RandomStream residual_noise(std::uint64_t seed, std::uint64_t sequence, std::size_t begin) {
  return {seed, "residual", sequence, begin};
}

/// max(0, p - q), not normalised, by token id; p itself where nothing remains, which happens through
/// rounding alone.
std::vector<double> positive_part(std::span<const double> target, std::span<const double> draft);

/// Divides by the sum; nothing happens where that is 0.
void normalise(std::vector<double>& probabilities);

/// A draw in proportion to `weights` by Gumbel noise.
std::int32_t draw_by_weight(std::span<const double> weights, const RandomStream& noise);

}  // namespace tenon::speculative
