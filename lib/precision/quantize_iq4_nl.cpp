#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "precision/block_codecs.h"
#include "precision/block_search.h"
#include "precision/number_formats.h"

namespace tenon::precision {

namespace {

// A block has one float16 scale and codes that name levels at unequal distances. Trial scales put the
// extreme number on and beyond either end of the levels; each trial fixes the nearest levels, and these
// the best scale in closed form. A finer grid around the best follows, then the stored float16.

constexpr std::size_t kCount = kBlockElements;
constexpr std::size_t kLevels = kIq4NlValues.size();

// Halfway between neighbouring levels.
constexpr auto kBorders = [] {
  std::array<float, kLevels - 1> borders{};
  for (std::size_t i = 0; i + 1 < kLevels; ++i)
    borders[i] = 0.5f * static_cast<float>(kIq4NlValues[i] + kIq4NlValues[i + 1]);
  return borders;
}();

/// The level nearest to `scaled`: a sum over the borders below it, which becomes vector code.
float nearest_level(float scaled) {
  float level = kIq4NlValues[0];
  for (std::size_t i = 0; i + 1 < kLevels; ++i) {
    const auto step = static_cast<float>(kIq4NlValues[i + 1] - kIq4NlValues[i]);
    level += scaled > kBorders[i] ? step : 0.0f;
  }
  return level;
}

struct Trial {
  float scale = 0.0f;
  double gain = 0;  // what it takes from sum w x^2
};

/// The best least-squares scale over sixteen inverse steps, and `best`.
Trial search_levels(const float* x, const float* weights, const Lanes& inverse, Trial best) {
  Lanes wqq{}, wxq{};
  for (std::size_t j = 0; j < kCount; ++j) {
    const float number = x[j], weight = weights[j];
#pragma GCC unroll 1
    for (std::size_t c = 0; c < kLanes; ++c) {
      const float level = nearest_level(number * inverse[c]);
      const float weighted = weight * level;
      wqq[c] += weighted * level;
      wxq[c] += weighted * number;
    }
  }
  for (std::size_t c = 0; c < kLanes; ++c) {
    if (!(wqq[c] > 0)) continue;
    const double gain = double{wxq[c]} * double{wxq[c]} / double{wqq[c]};
    if (gain > best.gain) best = {wxq[c] / wqq[c], gain};
  }
  return best;
}

float search_scale(const float* x, const float* weights) {
  float extreme = 0.0f;
  for (std::size_t j = 0; j < kCount; ++j)
    if (std::fabs(x[j]) > std::fabs(extreme)) extreme = x[j];
  const float inverse_extreme = inverse_or_zero(extreme);
  Trial best;
  Lanes inverse;
  // The extreme number between 0.8 and 1.2 times the last level, at the negative and the positive end.
  for (const float end : {-127.0f, 113.0f}) {
    for (std::size_t c = 0; c < kLanes; ++c)
      inverse[c] = end * (0.8f + 0.026f * static_cast<float>(c)) * inverse_extreme;
    best = search_levels(x, weights, inverse, best);
  }
  const float middle = inverse_or_zero(best.scale);
  for (std::size_t c = 0; c < kLanes; ++c)
    inverse[c] = (1.0f + 0.004f * (static_cast<float>(c) - 7.5f)) * middle;
  return search_levels(x, weights, inverse, best).scale;
}

}  // namespace

void encode_block(const float* x, BlockIQ4_NL& block) {
  for (std::size_t j = 0; j < kCount; ++j)
    if (std::fabs(x[j]) >= kTooLarge) encode_scale(std::numeric_limits<float>::infinity());
  float weights[kCount];
  set_weights(x, kCount, weights);
  block.scale = encode_scale(search_scale(x, weights));
  const float inverse = inverse_or_zero(float16_to_float32(block.scale));
  std::uint8_t codes[kCount];
  for (std::size_t j = 0; j < kCount; ++j)
    codes[j] = static_cast<std::uint8_t>(
        std::ranges::count_if(kBorders, [&](float border) { return x[j] * inverse > border; }));
  for (std::size_t j = 0; j < 16; ++j)
    block.quants[j] = static_cast<std::uint8_t>(codes[j] | codes[j + 16] << 4);
}

}  // namespace tenon::precision
