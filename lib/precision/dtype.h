#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tenon {

/// How numbers are stored. The block formats are GGML's: `block_elements` numbers share scales and
/// are stored in `block_bytes` bytes (lib/precision/block_formats.h has the layouts).
enum class DType : std::uint8_t {
  F32,
  F16,
  BF16,
  F64,
  I8,
  I16,
  I32,
  I64,
  Q4_0,
  Q4_1,
  Q5_0,
  Q5_1,
  Q8_0,
  Q2_K,
  Q3_K,
  Q4_K,
  Q5_K,
  Q6_K,
  IQ4_NL,
  F8_E4M3,
  F8_E5M2,
  U8,
  Bool,
};
inline constexpr int kDTypeCount = static_cast<int>(DType::Bool) + 1;

struct DTypeInfo {
  DType dtype;
  std::string_view name;  // "F32", "Q4_K", "F8_E4M3": the spelling of GGUF and safetensors
  int block_elements;     // 1 for plain numbers
  int block_bytes;
  bool is_block_quantised;
};

const DTypeInfo& dtype_info(DType dtype);
inline std::string_view dtype_name(DType dtype) {
  return dtype_info(dtype).name;
}
/// Case-insensitive: "q4_k" finds Q4_K.
std::optional<DType> find_dtype(std::string_view name);
/// Bytes of `elements` numbers in a row; `elements` must be a multiple of block_elements.
std::size_t row_bytes(DType dtype, std::size_t elements);

}  // namespace tenon
