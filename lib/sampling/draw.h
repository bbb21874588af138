#pragma once

#include <cstdint>
#include <span>

#include "base/random.h"
#include "sampling/candidates.h"
#include "sampling/temperature.h"

namespace tenon::sampling {

/// The token of the greatest logit, the lowest id where equal: the draw at temperature 0.
std::int32_t most_probable(std::span<const float> logits);

/// argmax over tokens of score + noise.gumbel(token), the lowest id where equal: a draw from
/// softmax(score) (Gumbel 1954; Maddison et al. 2014, arXiv:1411.0030, section 2). Scores are not
/// normalised first, so a token wins or loses against another by the same numbers whatever else was
/// cut.
///
/// Noise is computed only where it could win: a look at the leading bits of a draw bounds its noise
/// from above, and all others are passed over. The result is the same to the bit.
std::int32_t draw(const TemperedLogits& logits, const RandomStream& noise);
std::int32_t draw(const Candidates& candidates, const RandomStream& noise);
/// The same draw of candidates that were taken from `logits`, faster where they are many.
std::int32_t draw(const Candidates& candidates, const TemperedLogits& logits,
                  const RandomStream& noise);

}  // namespace tenon::sampling
