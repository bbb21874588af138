#pragma once

#include <array>
#include <cstring>
#include <string_view>

#include "formats/gguf_metadata.h"

/// How values lie in the bytes of a MetadataValue; for its own .cpp files.
namespace tenon::formats {

// In the order of the enum; 0 bytes: no fixed size.
struct MetadataTypeInfo {
  std::string_view name;
  std::size_t bytes;
};
inline constexpr std::array<MetadataTypeInfo, kMetadataTypeCount> kMetadataTypes = {{
    {"u8", 1},
    {"i8", 1},
    {"u16", 2},
    {"i16", 2},
    {"u32", 4},
    {"i32", 4},
    {"f32", 4},
    {"bool", 1},
    {"string", 0},
    {"array", 0},
    {"u64", 8},
    {"i64", 8},
    {"f64", 8},
}};

inline std::size_t fixed_bytes(MetadataType type) {
  return kMetadataTypes[static_cast<std::size_t>(type)].bytes;
}

/// An array is its element type, its count, its elements.
inline constexpr std::size_t kArrayHead = sizeof(std::uint32_t) + sizeof(std::uint64_t);

template <typename T>
T load_number(const std::byte* source) {
  T value;
  std::memcpy(&value, source, sizeof value);
  return value;
}

/// Calls `use` with the number at `source`; false where the type is none.
template <typename Use>
bool visit_number(MetadataType type, const std::byte* source, Use use) {
  switch (type) {
    case MetadataType::U8:
      use(load_number<std::uint8_t>(source));
      return true;
    case MetadataType::I8:
      use(load_number<std::int8_t>(source));
      return true;
    case MetadataType::U16:
      use(load_number<std::uint16_t>(source));
      return true;
    case MetadataType::I16:
      use(load_number<std::int16_t>(source));
      return true;
    case MetadataType::U32:
      use(load_number<std::uint32_t>(source));
      return true;
    case MetadataType::I32:
      use(load_number<std::int32_t>(source));
      return true;
    case MetadataType::U64:
      use(load_number<std::uint64_t>(source));
      return true;
    case MetadataType::I64:
      use(load_number<std::int64_t>(source));
      return true;
    case MetadataType::F32:
      use(load_number<float>(source));
      return true;
    case MetadataType::F64:
      use(load_number<double>(source));
      return true;
    case MetadataType::Bool:
    case MetadataType::String:
    case MetadataType::Array:
      return false;
  }
  return false;
}

}  // namespace tenon::formats
