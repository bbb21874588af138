#pragma once

#include <bit>
#include <cstdint>

namespace tenon::precision {

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

/// bfloat16 is the upper half of a float32.
constexpr float bfloat16_to_float32(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// OCP 8-bit formats (OCP 8-bit Floating Point Specification 1.0): E4M3 without infinities, one NaN
/// (0x7F, 0xFF), largest 448; E5M2 with infinities, largest 57344. Exact.
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
