#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/random.h"

namespace tenon::precision {

/// Floating point in 16 and 8 bits. Decoding is exact; encoding rounds once, from the double given.
///
/// The 8-bit formats come in two dialects that share no bit patterns for NaN:
///   FN    OCP 8-bit Floating Point Specification 1.0 (NVIDIA, torch.float8_e4m3fn, float8_e5m2):
///   E4M3 spends
///         its top code 0x7F on NaN and has no infinity, E5M2 is a short IEEE binary16
///   FNUZ  Graphcore and AMD MI300 (torch.float8_e4m3fnuz, float8_e5m2fnuz): one more on the bias,
///   no
///         infinity, no negative zero; 0x80 is the one NaN
enum class FloatFormat : std::uint8_t { Float16, BFloat16, E4M3FN, E4M3FNUZ, E5M2, E5M2FNUZ };
inline constexpr int kFloatFormatCount = static_cast<int>(FloatFormat::E5M2FNUZ) + 1;

struct FloatFormatInfo {
  FloatFormat format;
  std::string_view name;  // as PyTorch spells it: "float16", "float8_e4m3fn"
  int bits;               // 8 or 16
  int mantissa_bits;      // stored, without the leading one
  int bias;               // exponent field - bias = exponent of the leading one
  std::uint16_t largest;  // code of the largest finite number
  std::uint16_t
      overflow;       // code (positive) of what lies beyond: infinity, or NaN where there is none
  std::uint16_t nan;  // code of the quiet NaN
  bool has_negative_zero;
};

const FloatFormatInfo& float_format_info(FloatFormat format);

/// What becomes of numbers beyond the largest finite one after rounding, and of infinity. NaN stays
/// NaN.
enum class Overflow : std::uint8_t {
  Special,   // infinity, or NaN in formats without one (as ml_dtypes)
  Saturate,  // the largest finite number of that sign (as PyTorch does for E4M3FN)
};

/// The number with code `bits` (the low 8 or 16 bits), exactly.
float decode_float(FloatFormat format, std::uint16_t bits);

/// The nearest number of the format, ties to the even code. NaN keeps its sign and as much of its
/// payload as fits.
std::uint16_t encode_nearest_even(FloatFormat format, double value,
                                  Overflow overflow = Overflow::Special);

/// One of the two neighbours of `value`, the upper in magnitude where random_bits / 2^32 lies below
/// the fraction of the step that `value` has covered. Over uniform random_bits the expectation is
/// `value`, exactly where the fraction is a multiple of 2^-32 (every float32 down to 2^-9 of a
/// step: of the smallest subnormal for numbers below it), else low by less than 2^-32 of a step.
/// Numbers of the format never move. (Gupta et al. 2015, arXiv:1502.02551, section 3.)
std::uint16_t encode_stochastic(FloatFormat format, double value, std::uint32_t random_bits,
                                Overflow overflow = Overflow::Special);

/// Rounds `values` in place to numbers of the format. Number i takes the 32 random bits number
/// `first_index + i` of the stream: the low half of draw k for index 2k, the high half for 2k + 1.
void round_nearest_even(FloatFormat format, std::span<float> values,
                        Overflow overflow = Overflow::Special);
void round_stochastic(FloatFormat format, std::span<float> values, const RandomStream& stream,
                      std::uint64_t first_index = 0, Overflow overflow = Overflow::Special);

/// `yes` where the condition holds, else `no`, without a branch: loops over the conversions
/// vectorise.
constexpr std::uint32_t select_bits(bool condition, std::uint32_t yes, std::uint32_t no) {
  const std::uint32_t mask = 0u - static_cast<std::uint32_t>(condition);
  return (mask & yes) | (~mask & no);
}

/// IEEE binary16 to float32, exact; a signalling NaN becomes quiet, as the processors' own
/// instruction does. Right even where the processor flushes denormals.
constexpr float float16_to_float32(std::uint16_t bits) {
  const std::uint32_t magnitude = bits & 0x7FFFu;
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t normal = (magnitude << 13) + (112u << 23);
  // A subnormal is m * 2^-24: put m under a leading one of weight 2^-14, then take that one away.
  const float subnormal = std::bit_cast<float>((magnitude << 13) + (113u << 23)) - 0x1p-14f;
  const std::uint32_t quiet = select_bits(magnitude > 0x7C00u, 0x400000u, 0u);
  const std::uint32_t special = (magnitude << 13) | 0x7F800000u | quiet;
  const std::uint32_t finite =
      select_bits(magnitude < 0x0400u, std::bit_cast<std::uint32_t>(subnormal), normal);
  return std::bit_cast<float>(select_bits(magnitude >= 0x7C00u, special, finite) | sign);
}

/// encode_nearest_even(Float16, value) for whole rows: no branches.
constexpr std::uint16_t float32_to_float16(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  // Half of the 13 dropped bits' weight, less one where the kept part is even: the carry rounds to
  // even.
  const std::uint32_t rounded = magnitude + 0xFFFu + (magnitude >> 13 & 1u) - (112u << 23);
  // Below 2^-14, 0.5 + |value| has the last place of a half subnormal: the addition itself rounds.
  const std::uint32_t clamped = select_bits(magnitude < (113u << 23), magnitude, 0u);
  const float shifted = std::bit_cast<float>(clamped) + 0.5f;
  const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(shifted) - (126u << 23);
  std::uint32_t half = select_bits(magnitude < (113u << 23), subnormal, rounded >> 13);
  half = select_bits(magnitude >= (143u << 23), 0x7C00u, half);
  half = select_bits(magnitude > 0x7F800000u, 0x7E00u | (magnitude >> 13 & 0x3FFu), half);
  return static_cast<std::uint16_t>(half | (bits >> 16 & 0x8000u));
}

/// bfloat16 is the upper half of a float32.
constexpr float bfloat16_to_float32(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// encode_nearest_even(BFloat16, value) for whole rows: no branches.
constexpr std::uint16_t float32_to_bfloat16(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const bool is_nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
  const std::uint32_t rounded = (bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16;
  return static_cast<std::uint16_t>(select_bits(is_nan, bits >> 16 | 0x40u, rounded));
}

constexpr float float8_e4m3fn_to_float32(std::uint8_t bits) {
  const std::uint32_t magnitude = bits & 0x7Fu;
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x80u) << 24;
  const float subnormal = std::bit_cast<float>((magnitude << 20) + (121u << 23)) - 0x1p-6f;
  const std::uint32_t finite = select_bits(magnitude < 8, std::bit_cast<std::uint32_t>(subnormal),
                                           (magnitude << 20) + (120u << 23));
  return std::bit_cast<float>(select_bits(magnitude == 0x7F, 0x7FC00000u, finite) | sign);
}

constexpr float float8_e5m2_to_float32(std::uint8_t bits) {
  return float16_to_float32(static_cast<std::uint16_t>(bits << 8));
}

}  // namespace tenon::precision
