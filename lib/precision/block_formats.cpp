#include "precision/block_formats.h"

#include <bit>
#include <cstring>
#include <string>

#include "base/error.h"
#include "precision/block_codecs.h"
#include "precision/number_formats.h"

namespace tenon::precision {

namespace {

// Numbers of type Number, in memory of any alignment, through kConvert to float32.
template <typename Number, auto kConvert>
void convert_numbers(const std::byte* source, std::span<float> destination) {
  for (std::size_t i = 0; i < destination.size(); ++i) {
    Number number;
    std::memcpy(&number, source + i * sizeof number, sizeof number);
    destination[i] = kConvert(number);
  }
}

template <typename Number>
void cast_numbers(const std::byte* source, std::span<float> destination) {
  convert_numbers<Number, [](Number number) { return static_cast<float>(number); }>(source,
                                                                                    destination);
}

// Exponent all ones: infinity or NaN. The loop has no branch, so it vectorises.
bool is_all_finite(std::span<const float> numbers) {
  std::uint32_t special = 0;
  for (const float number : numbers)
    special |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(number) & 0x7F800000u) ==
                                          0x7F800000u);
  return special == 0;
}

// 16-bit numbers; the finite ones too large for the format would become infinite.
template <auto kConvert>
void encode_numbers(DType dtype, std::uint32_t infinity, std::span<const float> source,
                    std::byte* destination) {
  std::uint32_t overflows = 0;
  for (std::size_t i = 0; i < source.size(); ++i) {
    const std::uint16_t bits = kConvert(source[i]);
    std::memcpy(destination + i * sizeof bits, &bits, sizeof bits);
    overflows |= static_cast<std::uint32_t>((bits & 0x7FFFu) == infinity);
  }
  if (overflows != 0)
    throw Error(ErrorKind::Input, "a number is too large for " + std::string(dtype_name(dtype)))
        .hint("F32 holds it");
}

}  // namespace

void dequantize(DType dtype, const std::byte* source, std::span<float> destination) {
  const std::size_t bytes = row_bytes(dtype, destination.size());  // refuses part of a block
  if (bytes == 0) return;
  switch (dtype) {
    case DType::F32:
      std::memcpy(destination.data(), source, bytes);
      return;
    case DType::F16:
      return convert_numbers<std::uint16_t, float16_to_float32>(source, destination);
    case DType::BF16:
      return convert_numbers<std::uint16_t, bfloat16_to_float32>(source, destination);
    case DType::F8_E4M3:
      return convert_numbers<std::uint8_t, float8_e4m3fn_to_float32>(source, destination);
    case DType::F8_E5M2:
      return convert_numbers<std::uint8_t, float8_e5m2_to_float32>(source, destination);
    case DType::F64:
      return cast_numbers<double>(source, destination);
    case DType::I8:
      return cast_numbers<std::int8_t>(source, destination);
    case DType::I16:
      return cast_numbers<std::int16_t>(source, destination);
    case DType::I32:
      return cast_numbers<std::int32_t>(source, destination);
    case DType::I64:
      return cast_numbers<std::int64_t>(source, destination);
    case DType::U8:
      return cast_numbers<std::uint8_t>(source, destination);
    case DType::Bool:
      return convert_numbers<std::uint8_t, [](std::uint8_t value) {
        return value != 0 ? 1.0f : 0.0f;
      }>(source, destination);
    default:
      return dequantize_blocks(dtype, source, destination);
  }
}

bool can_quantize(DType dtype) {
  switch (dtype) {
    case DType::F32:
    case DType::F16:
    case DType::BF16:
    case DType::Q4_0:
    case DType::Q4_1:
    case DType::Q5_0:
    case DType::Q5_1:
    case DType::Q8_0:
    case DType::IQ4_NL:
    case DType::Q2_K:
    case DType::Q3_K:
    case DType::Q4_K:
    case DType::Q5_K:
    case DType::Q6_K:
      return true;
    default:
      return false;
  }
}

void quantize(DType dtype, std::span<const float> source, std::byte* destination) {
  if (!can_quantize(dtype))
    throw Error(ErrorKind::Unsupported,
                "numbers cannot be converted to " + std::string(dtype_name(dtype)))
        .hint(
            "choose one of F32 F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 IQ4_NL Q2_K Q3_K Q4_K Q5_K Q6_K");
  const std::size_t bytes = row_bytes(dtype, source.size());  // refuses part of a block
  if (bytes == 0) return;
  if (!is_all_finite(source))
    throw Error(ErrorKind::Input, "a number is NaN or infinite, " + std::string(dtype_name(dtype)) +
                                      " is for finite ones");
  switch (dtype) {
    case DType::F32:
      std::memcpy(destination, source.data(), bytes);
      return;
    case DType::F16:
      return encode_numbers<float32_to_float16>(dtype, 0x7C00u, source, destination);
    case DType::BF16:
      return encode_numbers<float32_to_bfloat16>(dtype, 0x7F80u, source, destination);
    default:
      return quantize_blocks(dtype, source, destination);
  }
}

}  // namespace tenon::precision
