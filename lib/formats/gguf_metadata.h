#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/byte_reader.h"

namespace tenon::formats {

/// The value types of GGUF metadata, by their numbers in the file.
enum class MetadataType : std::uint32_t {
  U8 = 0,
  I8,
  U16,
  I16,
  U32,
  I32,
  F32,
  Bool,
  String,
  Array,
  U64,
  I64,
  F64,
};
inline constexpr std::uint32_t kMetadataTypeCount = 13;
std::string_view metadata_type_name(MetadataType type);  // "u32", "string", "array"

/// One value of GGUF metadata, kept as the bytes of the file, which were checked when it was made:
/// reading them back cannot fail, and writing the value again gives the same bytes.
class MetadataValue {
 public:
  /// Arrays within arrays deeper than this are refused.
  static constexpr int kMaxArrayDepth = 8;

  static MetadataValue of(bool value);
  static MetadataValue of(std::uint8_t value);
  static MetadataValue of(std::int8_t value);
  static MetadataValue of(std::uint16_t value);
  static MetadataValue of(std::int16_t value);
  static MetadataValue of(std::uint32_t value);
  static MetadataValue of(std::int32_t value);
  static MetadataValue of(std::uint64_t value);
  static MetadataValue of(std::int64_t value);
  static MetadataValue of(float value);
  static MetadataValue of(double value);
  static MetadataValue of(std::string_view value);
  static MetadataValue of(const char* value) { return of(std::string_view(value)); }
  /// An array whose elements are all of `type`; arrays may nest. Throws Error(Input)
  /// for mixed types.
  static MetadataValue array(MetadataType type, std::span<const MetadataValue> elements);
  static MetadataValue array(std::span<const std::string> elements);
  static MetadataValue array(std::span<const std::int32_t> elements);
  static MetadataValue array(std::span<const std::uint32_t> elements);
  static MetadataValue array(std::span<const float> elements);

  /// Reads and checks a value of `type` where `reader` stands; `key` is for messages.
  static MetadataValue read(ByteReader& reader, MetadataType type, std::string_view key);

  MetadataType type() const { return type_; }
  /// As in the file, without the type word in front.
  std::span<const std::byte> encoded() const { return bytes_; }
  bool operator==(const MetadataValue&) const = default;

  /// Scalars: empty where the value is of another kind or does not fit. Numbers convert where the
  /// value stays the same (any integer type that holds a non-negative number is a u64; integers and
  /// both float types are f64).
  std::optional<std::uint64_t> as_u64() const;
  std::optional<std::int64_t> as_i64() const;
  std::optional<double> as_f64() const;
  std::optional<bool> as_bool() const;
  /// Points into this value.
  std::optional<std::string_view> as_string() const;

  /// Arrays: the element type (of arrays only) and count, 0 for scalars.
  MetadataType element_type() const;
  std::uint64_t size() const;
  /// All elements; empty optionals where it is no array of that kind. Texts point into this value.
  std::optional<std::vector<std::string_view>> as_strings() const;
  std::optional<std::vector<std::int64_t>> as_i64s() const;
  std::optional<std::vector<double>> as_f64s() const;
  /// The elements as values of their own: for nested arrays. Copies.
  std::vector<MetadataValue> elements() const;

  /// "string", "array of f32": for messages.
  std::string description() const;
  /// JSON; an array of more than `max_elements` becomes its first ones and a last element "... N in
  /// all". NaN and infinity become null, invalid UTF-8 becomes U+FFFD.
  std::string to_json(std::size_t max_elements = SIZE_MAX) const;

 private:
  MetadataValue(MetadataType type, std::vector<std::byte> bytes)
      : type_(type), bytes_(std::move(bytes)) {}

  MetadataType type_ = MetadataType::U8;
  std::vector<std::byte> bytes_;
};

/// The key-value pairs of a GGUF file, in its order.
///
/// require_x: throws Error(Input) where the key is missing; find_x: empty where it is missing. Both
/// throw Error(Input) naming file and key where the value is of another kind.
class GgufMetadata {
 public:
  struct Entry {
    std::string key;
    MetadataValue value;
  };

  /// `origin` is the file named in messages.
  explicit GgufMetadata(std::string origin = {}) : origin_(std::move(origin)) {}

  const std::vector<Entry>& entries() const { return entries_; }
  const std::string& origin() const { return origin_; }
  /// Null where there is none.
  const MetadataValue* find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }
  /// Replaces the value of a key in its place, or appends.
  void set(std::string_view key, MetadataValue value);
  void remove(std::string_view key);
  /// Appends; throws Error(Input) where the key is there already.
  void add(std::string_view key, MetadataValue value);

  std::uint64_t require_u64(std::string_view key) const;
  std::int64_t require_i64(std::string_view key) const;
  double require_f64(std::string_view key) const;
  bool require_bool(std::string_view key) const;
  std::string_view require_string(std::string_view key) const;
  std::vector<std::string_view> require_strings(std::string_view key) const;
  std::vector<std::int64_t> require_i64s(std::string_view key) const;
  std::vector<double> require_f64s(std::string_view key) const;

  std::optional<std::uint64_t> find_u64(std::string_view key) const;
  std::optional<std::int64_t> find_i64(std::string_view key) const;
  std::optional<double> find_f64(std::string_view key) const;
  std::optional<bool> find_bool(std::string_view key) const;
  std::optional<std::string_view> find_string(std::string_view key) const;
  std::optional<std::vector<std::string_view>> find_strings(std::string_view key) const;
  std::optional<std::vector<std::int64_t>> find_i64s(std::string_view key) const;
  std::optional<std::vector<double>> find_f64s(std::string_view key) const;

  /// Error(Input) at `key` of this file.
  Error error(std::string_view key, std::string message) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  std::string origin_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> index_;
};

}  // namespace tenon::formats
