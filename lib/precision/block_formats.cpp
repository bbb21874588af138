#include "precision/block_formats.h"

#include <cstring>

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

}  // namespace tenon::precision
