#include "precision/number_formats.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/error.h"

namespace tenon::precision {

namespace {

constexpr std::array<FloatFormatInfo, kFloatFormatCount> kInfos = {{
    {FloatFormat::Float16, "float16", 16, 10, 15, 0x7BFF, 0x7C00, 0x7E00, true},
    {FloatFormat::BFloat16, "bfloat16", 16, 7, 127, 0x7F7F, 0x7F80, 0x7FC0, true},
    {FloatFormat::E4M3FN, "float8_e4m3fn", 8, 3, 7, 0x7E, 0x7F, 0x7F, true},
    {FloatFormat::E4M3FNUZ, "float8_e4m3fnuz", 8, 3, 8, 0x7F, 0x80, 0x80, false},
    {FloatFormat::E5M2, "float8_e5m2", 8, 2, 15, 0x7B, 0x7C, 0x7E, true},
    {FloatFormat::E5M2FNUZ, "float8_e5m2fnuz", 8, 2, 16, 0x7F, 0x80, 0x80, false},
}};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kInfos.size(); ++i)
    if (static_cast<std::size_t>(kInfos[i].format) != i) return false;
  return true;
}
static_assert(is_in_order());

/// FNUZ numbers: as float16_to_float32(), with the bias and mantissa of the format.
float decode_fnuz(const FloatFormatInfo& info, std::uint32_t bits) {
  if (bits == 0x80) return std::numeric_limits<float>::quiet_NaN();
  const auto bias = static_cast<std::uint32_t>(info.bias);
  const int shift = 23 - info.mantissa_bits;
  const std::uint32_t magnitude = (bits & 0x7Fu) << shift;
  const float number = magnitude < (1u << 23)
                           ? std::bit_cast<float>(magnitude + ((128u - bias) << 23)) -
                                 std::bit_cast<float>((128u - bias) << 23)
                           : std::bit_cast<float>(magnitude + ((127u - bias) << 23));
  return (bits & 0x80u) != 0 ? -number : number;
}

/// |value| cut to the format: the code below (or at) it, and the part of a step that was cut off.
struct Truncated {
  std::int64_t code;   // may lie beyond the largest finite code
  std::uint64_t rest;  // in units of 2^-shift of a step
  int shift;           // 0 <= rest < 2^shift; at most 63
};

Truncated truncate(const FloatFormatInfo& info, std::uint64_t magnitude) {
  const int field = static_cast<int>(magnitude >> 52);
  const int exponent = std::max(field, 1) - 1023;
  const std::uint64_t significand =
      (magnitude & ((std::uint64_t{1} << 52) - 1)) | (std::uint64_t{field > 0} << 52);
  // Below the smallest normal the step stays that of the smallest normal.
  const int smallest_exponent = 1 - info.bias;
  const int step_exponent = std::max(exponent, smallest_exponent);
  const int shift = 52 - info.mantissa_bits + step_exponent - exponent;
  const std::int64_t field_code = static_cast<std::int64_t>(step_exponent - smallest_exponent)
                                  << info.mantissa_bits;
  if (shift > 63) {  // less than 2^-10 of a step: keep 63 places of it
    const int excess = std::min(shift - 63, 63);
    return {field_code, significand >> excess, 63};
  }
  return {field_code + static_cast<std::int64_t>(significand >> shift),
          significand & ((std::uint64_t{1} << shift) - 1), shift};
}

bool rounds_up_nearest_even(const Truncated& part) {
  const std::uint64_t half = std::uint64_t{1} << (part.shift - 1);
  return part.rest > half || (part.rest == half && (part.code & 1) != 0);
}

bool rounds_up_stochastic(const Truncated& part, std::uint32_t random_bits) {
  const std::uint64_t fraction =
      part.shift >= 32 ? part.rest >> (part.shift - 32) : part.rest << (32 - part.shift);
  return random_bits < fraction;
}

template <typename RoundsUp>
std::uint16_t encode(FloatFormat format, double value, Overflow overflow, RoundsUp rounds_up) {
  const FloatFormatInfo& info = float_format_info(format);
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(value);
  const std::uint64_t magnitude = bits & ~(std::uint64_t{1} << 63);
  const std::uint64_t infinity = std::uint64_t{0x7FF} << 52;
  const auto sign = static_cast<std::uint16_t>(bits >> 63 << (info.bits - 1));
  if (magnitude > infinity) {
    if (!info.has_negative_zero) return info.nan;
    const std::uint64_t payload = (magnitude - infinity) >> (52 - info.mantissa_bits);
    return static_cast<std::uint16_t>(sign | info.nan | payload);
  }
  std::int64_t code = info.largest + std::int64_t{1};
  if (magnitude < infinity) {
    const Truncated part = truncate(info, magnitude);
    code = part.code + (rounds_up(part) ? 1 : 0);
  }
  if (code > info.largest) {
    code = overflow == Overflow::Saturate ? info.largest : info.overflow;
    if (!info.has_negative_zero && code == info.overflow) return info.nan;
  }
  if (code == 0 && !info.has_negative_zero) return 0;
  return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(code));
}

}  // namespace

const FloatFormatInfo& float_format_info(FloatFormat format) {
  return kInfos[static_cast<std::size_t>(format)];
}

float decode_float(FloatFormat format, std::uint16_t bits) {
  switch (format) {
    case FloatFormat::Float16:
      return float16_to_float32(bits);
    case FloatFormat::BFloat16:
      return bfloat16_to_float32(bits);
    case FloatFormat::E4M3FN:
      return float8_e4m3fn_to_float32(static_cast<std::uint8_t>(bits));
    case FloatFormat::E5M2:
      return float8_e5m2_to_float32(static_cast<std::uint8_t>(bits));
    case FloatFormat::E4M3FNUZ:
    case FloatFormat::E5M2FNUZ:
      break;
  }
  return decode_fnuz(float_format_info(format), bits & 0xFFu);
}

std::uint16_t encode_nearest_even(FloatFormat format, double value, Overflow overflow) {
  return encode(format, value, overflow, rounds_up_nearest_even);
}

std::uint16_t encode_stochastic(FloatFormat format, double value, std::uint32_t random_bits,
                                Overflow overflow) {
  return encode(format, value, overflow, [random_bits](const Truncated& part) {
    return rounds_up_stochastic(part, random_bits);
  });
}

void round_nearest_even(FloatFormat format, std::span<float> values, Overflow overflow) {
  for (float& value : values)
    value = decode_float(format, encode_nearest_even(format, double{value}, overflow));
}

void round_stochastic(FloatFormat format, std::span<float> values, const RandomStream& stream,
                      std::uint64_t first_index, Overflow overflow) {
  std::uint64_t draw = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint64_t index = first_index + i;
    if (i == 0 || index % 2 == 0) draw = stream.bits(index / 2);
    const auto random_bits = static_cast<std::uint32_t>(index % 2 == 0 ? draw : draw >> 32);
    values[i] =
        decode_float(format, encode_stochastic(format, double{values[i]}, random_bits, overflow));
  }
}

}  // namespace tenon::precision
