#include "precision/dtype.h"

#include <array>

#include "base/error.h"

namespace tenon {

namespace {

// In the order of the enum. Block sizes: ggml-common.h's layouts as described in block_formats.h.
constexpr std::array<DTypeInfo, kDTypeCount> kInfos = {{
    {DType::F32, "F32", 1, 4, false},         {DType::F16, "F16", 1, 2, false},
    {DType::BF16, "BF16", 1, 2, false},       {DType::F64, "F64", 1, 8, false},
    {DType::I8, "I8", 1, 1, false},           {DType::I16, "I16", 1, 2, false},
    {DType::I32, "I32", 1, 4, false},         {DType::I64, "I64", 1, 8, false},
    {DType::Q4_0, "Q4_0", 32, 18, true},      {DType::Q4_1, "Q4_1", 32, 20, true},
    {DType::Q5_0, "Q5_0", 32, 22, true},      {DType::Q5_1, "Q5_1", 32, 24, true},
    {DType::Q8_0, "Q8_0", 32, 34, true},      {DType::Q2_K, "Q2_K", 256, 84, true},
    {DType::Q3_K, "Q3_K", 256, 110, true},    {DType::Q4_K, "Q4_K", 256, 144, true},
    {DType::Q5_K, "Q5_K", 256, 176, true},    {DType::Q6_K, "Q6_K", 256, 210, true},
    {DType::IQ4_NL, "IQ4_NL", 32, 18, true},  {DType::F8_E4M3, "F8_E4M3", 1, 1, false},
    {DType::F8_E5M2, "F8_E5M2", 1, 1, false}, {DType::U8, "U8", 1, 1, false},
    {DType::Bool, "BOOL", 1, 1, false},
}};

constexpr bool is_in_order() {
  for (int i = 0; i < kDTypeCount; ++i)
    if (static_cast<int>(kInfos[static_cast<std::size_t>(i)].dtype) != i) return false;
  return true;
}
static_assert(is_in_order());

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace

const DTypeInfo& dtype_info(DType dtype) {
  return kInfos[static_cast<std::size_t>(dtype)];
}

std::optional<DType> find_dtype(std::string_view name) {
  for (const DTypeInfo& info : kInfos) {
    bool is_equal = info.name.size() == name.size();
    for (std::size_t i = 0; is_equal && i < name.size(); ++i)
      is_equal = upper(name[i]) == info.name[i];
    if (is_equal) return info.dtype;
  }
  return std::nullopt;
}

std::size_t row_bytes(DType dtype, std::size_t elements) {
  const DTypeInfo& info = dtype_info(dtype);
  const auto block = static_cast<std::size_t>(info.block_elements);
  if (elements % block != 0)
    throw Error(ErrorKind::Shape, std::string(info.name) + " rows come in blocks of " +
                                      std::to_string(block) + ", a row has " +
                                      std::to_string(elements) + " elements");
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(elements / block, static_cast<std::size_t>(info.block_bytes), &bytes))
    throw Error(ErrorKind::Shape,
                "a row of " + std::to_string(elements) + " elements has too many bytes");
  return bytes;
}

}  // namespace tenon
