#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "precision/block_codecs.h"

// Least-squares searches for the quantisers of this folder.
namespace tenon::precision {

// The K formats store the scale (and minimum) of a group as a small integer times a float16 of the
// block. Finding them is weighted least squares over scales and integer codes, in three steps:
//   1. search: a grid of trial scales for each group; each fixes the codes, and the codes fix the
//   best
//      real scale (and minimum) in closed form;
//   2. block: the largest scale and minimum of the groups set the two float16 numbers;
//   3. settle: for each group try the integers around the scale and minimum wanted, with the
//   numbers as
//      dequantize() will compute them, and keep the trial with the smallest error.
// An error at x weighs rms + |x|, rms that of the group: large weights carry more of a product's
// sum. ggml-quants.c has the same steps without the third; errors here come out below it (the tests
// compare).
//
// Trials run in lanes: the inner loops go over them, so that every float sum has one order and the
// compiler makes vector code of the loops ("unroll 1": GCC 12 would unroll the lanes and lose
// them).

inline constexpr std::size_t kLanes = 16;
using Lanes = std::array<float, kLanes>;

/// Codes 0 .. kHighest of kGroup numbers between a minimum and kHighest steps above it. Trial spans
/// of kShortestSpan + i kSpanStep steps: a long step leaves codes unused, a short one clips the ends.
struct FormatQ4_K {
  static constexpr std::size_t kGroup = 32;
  static constexpr float kHighest = 15.0f, kShortestSpan = 12.5f, kSpanStep = 0.25f;
  static constexpr int kScaleLimit = 63;  // of the integers that scales and minima are stored as
};
struct FormatQ5_K {
  static constexpr std::size_t kGroup = 32;
  static constexpr float kHighest = 31.0f, kShortestSpan = 28.5f, kSpanStep = 0.25f;
  static constexpr int kScaleLimit = 63;
};
struct FormatQ2_K {
  static constexpr std::size_t kGroup = 16;
  static constexpr float kHighest = 3.0f, kShortestSpan = 1.8f, kSpanStep = 0.125f;
  static constexpr int kScaleLimit = 15;
};
inline constexpr float kFineStep = 0.015f;

/// Codes kLowest .. kHighest of 16 numbers around zero; trial steps put the extreme number at
/// kShortestReach + i kReachStep of them.
struct FormatQ6_K {
  static constexpr float kLowest = -32.0f, kHighest = 31.0f;
  static constexpr float kShortestReach = 24.5f, kReachStep = 0.5f;
  static constexpr int kScaleLowest = -128, kScaleHighest = 127;
};
struct FormatQ3_K {
  static constexpr float kLowest = -4.0f, kHighest = 3.0f;
  static constexpr float kShortestReach = 2.4f, kReachStep = 0.125f;
  static constexpr int kScaleLowest = -32, kScaleHighest = 31;
};
inline constexpr std::size_t kSymmetricGroup = 16;
// No float16 scale reaches numbers of this size; below it no sum of squares overflows.
inline constexpr float kTooLarge = 0x1p30f;

/// Nearest integer, ties to even; right for |value| < 2^22, and beyond that still large.
inline float round_integer(float value) {
  constexpr float kMagic = 0x1.8p23f;
  return (value + kMagic) - kMagic;
}

inline float clamp_code(float code, float lowest, float highest) {
  code = code < lowest ? lowest : code;
  return code > highest ? highest : code;
}

template <typename Format>
float affine_code(float x, float minimum, float inverse_step) {
  return clamp_code(round_integer((x + minimum) * inverse_step), 0.0f, Format::kHighest);
}

template <typename Format>
float symmetric_code(float x, float inverse_step) {
  return clamp_code(round_integer(x * inverse_step), Format::kLowest, Format::kHighest);
}

/// A step too small to invert decodes to nothing but zeros.
inline float inverse_or_zero(float step) {
  return std::fabs(step) < std::numeric_limits<float>::min() ? 0.0f : 1.0f / step;
}

/// `wanted` in units of `scale`, at most `most` of them in magnitude.
inline int units_of(float wanted, float scale, int most) {
  const float units = wanted * inverse_or_zero(scale);
  const auto bound = static_cast<float>(most);
  return static_cast<int>(std::lround(std::clamp(units, -bound, bound)));
}

inline void set_weights(const float* x, std::size_t count, float* weights) {
  float squares = 0.0f;
  for (std::size_t j = 0; j < count; ++j) squares += x[j] * x[j];
  const float rms = std::sqrt(squares / static_cast<float>(count));
  for (std::size_t j = 0; j < count; ++j) weights[j] = rms + std::fabs(x[j]);
}

inline std::size_t lowest_lane(const Lanes& errors) {
  return static_cast<std::size_t>(std::min_element(errors.begin(), errors.end()) - errors.begin());
}

/// x ~ scale * code - minimum
struct Affine {
  float scale = 0.0f;
  float minimum = 0.0f;  // >= 0
  double error = 0;      // less the constant sum w x^2, so 0 is that of decoding to zeros
};

/// Weighted sums of a group; w = weight, q = code. The last three for each trial.
struct AffineSums {
  double w = 0, wx = 0;
  Lanes wq{}, wqq{}, wxq{};
};

template <typename Format>
AffineSums sum_affine(const float* x, const float* weights, float minimum, const Lanes& inverse) {
  AffineSums sums;
  for (std::size_t j = 0; j < Format::kGroup; ++j) {
    const float number = x[j], weight = weights[j];
    sums.w += double{weight};
    sums.wx += double{weight} * double{number};
#pragma GCC unroll 1
    for (std::size_t c = 0; c < kLanes; ++c) {
      const float code = affine_code<Format>(number, minimum, inverse[c]);
      const float weighted = weight * code;
      sums.wq[c] += weighted;
      sums.wqq[c] += weighted * code;
      sums.wxq[c] += weighted * number;
    }
  }
  return sums;
}

/// Least squares of sum w (x - s q + m)^2 over s and m >= 0, for each trial; the best of them and
/// `best`.
inline Affine solve_affine(const AffineSums& sums, Affine best) {
  for (std::size_t c = 0; c < kLanes; ++c) {
    const double wq = sums.wq[c], wqq = sums.wqq[c], wxq = sums.wxq[c];
    const double determinant = sums.w * wqq - wq * wq;
    if (!(determinant > 0)) continue;
    double scale = (sums.w * wxq - sums.wx * wq) / determinant;
    double minimum = (wq * wxq - sums.wx * wqq) / determinant;
    if (minimum < 0) {
      minimum = 0;
      scale = std::max(0.0, wxq / wqq);
    }
    const double error = scale * (scale * wqq - 2 * wxq) +
                         minimum * (minimum * sums.w + 2 * sums.wx) - 2 * scale * minimum * wq;
    if (error < best.error) best = {static_cast<float>(scale), static_cast<float>(minimum), error};
  }
  return best;
}

/// First with the minimum on the lowest number and a wide grid of scales, then with the minimum
/// found and a fine grid around the scale found.
template <typename Format>
Affine search_affine(const float* x, const float* weights) {
  float lowest = 0.0f;  // the minimum can only lower numbers
  float highest = x[0];
  for (std::size_t j = 0; j < Format::kGroup; ++j) {
    lowest = std::min(lowest, x[j]);
    highest = std::max(highest, x[j]);
  }
  if (highest <= lowest) return {0.0f, -lowest};  // all the same number, not above zero
  Lanes inverse;
  const float inverse_range = inverse_or_zero(highest - lowest);
  for (std::size_t c = 0; c < kLanes; ++c)
    inverse[c] =
        (Format::kShortestSpan + Format::kSpanStep * static_cast<float>(c)) * inverse_range;
  const Affine coarse = solve_affine(sum_affine<Format>(x, weights, -lowest, inverse), {});
  const float middle = inverse_or_zero(coarse.scale);
  for (std::size_t c = 0; c < kLanes; ++c)
    inverse[c] = (1.0f + kFineStep * (static_cast<float>(c) - 7.5f)) * middle;
  return solve_affine(sum_affine<Format>(x, weights, coarse.minimum, inverse), coarse);
}

/// Integers near the wanted pair: scale -1..1 times minimum -2..2, the last of them twice.
template <typename Format>
ScaleMin settle_affine(const float* x, const float* weights, const Affine& wanted, float scale,
                       float min_scale) {
  const int wanted_scale = units_of(wanted.scale, scale, Format::kScaleLimit);
  const int wanted_minimum = units_of(wanted.minimum, min_scale, Format::kScaleLimit);
  std::array<ScaleMin, kLanes> trials;
  Lanes step, inverse, minimum, error{};
  for (std::size_t c = 0; c < kLanes; ++c) {
    const int trial = std::min(static_cast<int>(c), 14);
    trials[c] = {
        static_cast<std::uint8_t>(std::clamp(wanted_scale - 1 + trial / 5, 0, Format::kScaleLimit)),
        static_cast<std::uint8_t>(
            std::clamp(wanted_minimum - 2 + trial % 5, 0, Format::kScaleLimit))};
    step[c] = scale * static_cast<float>(trials[c].scale);
    inverse[c] = inverse_or_zero(step[c]);
    minimum[c] = min_scale * static_cast<float>(trials[c].minimum);
  }
  for (std::size_t j = 0; j < Format::kGroup; ++j) {
    const float number = x[j], weight = weights[j];
    for (std::size_t c = 0; c < kLanes; ++c) {
      const float code = affine_code<Format>(number, minimum[c], inverse[c]);
      const float miss = number - (step[c] * code - minimum[c]);
      error[c] += weight * (miss * miss);
    }
  }
  return trials[lowest_lane(error)];
}

/// x ~ scale * code. Least squares gives sum wxq / sum wqq and lowers the error by (sum wxq)^2 /
/// sum wqq.
template <typename Format>
float search_symmetric(const float* x, const float* weights) {
  float extreme = 0.0f;
  for (std::size_t j = 0; j < kSymmetricGroup; ++j)
    if (std::fabs(x[j]) > std::fabs(extreme)) extreme = x[j];
  // The extreme number goes to the negative end, which has one code more.
  const float inverse_extreme = -inverse_or_zero(extreme);
  Lanes inverse, wqq{}, wxq{};
  for (std::size_t c = 0; c < kLanes; ++c)
    inverse[c] =
        (Format::kShortestReach + Format::kReachStep * static_cast<float>(c)) * inverse_extreme;
  for (std::size_t j = 0; j < kSymmetricGroup; ++j) {
    const float number = x[j], weight = weights[j];
#pragma GCC unroll 1
    for (std::size_t c = 0; c < kLanes; ++c) {
      const float code = symmetric_code<Format>(number, inverse[c]);
      const float weighted = weight * code;
      wqq[c] += weighted * code;
      wxq[c] += weighted * number;
    }
  }
  float scale = 0.0f;
  double best_gain = 0;
  for (std::size_t c = 0; c < kLanes; ++c) {
    if (!(wqq[c] > 0)) continue;
    const double gain = double{wxq[c]} * double{wxq[c]} / double{wqq[c]};
    if (gain <= best_gain) continue;
    best_gain = gain;
    scale = wxq[c] / wqq[c];
  }
  return scale;
}

/// The sixteen integers around the one wanted.
template <typename Format>
int settle_symmetric(const float* x, const float* weights, float wanted, float scale) {
  const int middle = units_of(wanted, scale, -Format::kScaleLowest);
  std::array<int, kLanes> trials;
  Lanes step, inverse, error{};
  for (std::size_t c = 0; c < kLanes; ++c) {
    trials[c] =
        std::clamp(middle - 8 + static_cast<int>(c), Format::kScaleLowest, Format::kScaleHighest);
    step[c] = scale * static_cast<float>(trials[c]);
    inverse[c] = inverse_or_zero(step[c]);
  }
  for (std::size_t j = 0; j < kSymmetricGroup; ++j) {
    const float number = x[j], weight = weights[j];
#pragma GCC unroll 1
    for (std::size_t c = 0; c < kLanes; ++c) {
      const float miss = number - step[c] * symmetric_code<Format>(number, inverse[c]);
      error[c] += weight * (miss * miss);
    }
  }
  return trials[lowest_lane(error)];
}

inline void refuse_too_large(const float* x) {
  for (int i = 0; i < kKBlockElements; ++i)
    if (std::fabs(x[i]) >= kTooLarge) encode_scale(std::numeric_limits<float>::infinity());
}

}  // namespace tenon::precision
