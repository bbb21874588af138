#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "precision/dtype.h"

namespace tenon::formats {

/// A tensor type of GGUF files: the number in the tensor table, and what Tenon makes of it. Types
/// without a DType can be listed, their numbers cannot be read.
struct GgmlType {
  std::uint32_t id;
  const char* name;              // "Q4_K", "IQ2_XXS"
  std::uint32_t block_elements;  // 0: no longer in files, the size is unknown
  std::uint32_t block_bytes;
};

/// Null for a number no published format has.
const GgmlType* find_ggml_type(std::uint32_t id);
/// The name, or "type 99".
std::string ggml_type_name(std::uint32_t id);
std::optional<DType> dtype_of_ggml_type(std::uint32_t id);
/// Empty for types that GGUF lacks (fp8, U8, BOOL).
std::optional<std::uint32_t> ggml_type_of_dtype(DType dtype);

}  // namespace tenon::formats
