#include <concepts>
#include <utility>

#include "formats/gguf_metadata_encoding.h"

namespace tenon::formats {

namespace {

// The shortest encoding of an element: an empty string is its length, an empty array its
// type and count.
std::size_t minimal_bytes(MetadataType type) {
  if (type == MetadataType::String) return sizeof(std::uint64_t);
  if (type == MetadataType::Array) return sizeof(std::uint32_t) + sizeof(std::uint64_t);
  return fixed_bytes(type);
}

template <std::integral To>
std::optional<To> integer_at(MetadataType type, const std::byte* source) {
  std::optional<To> result;
  visit_number(type, source, [&](auto value) {
    if constexpr (std::integral<decltype(value)>)
      if (std::in_range<To>(value)) result = static_cast<To>(value);
  });
  return result;
}

std::optional<double> double_at(MetadataType type, const std::byte* source) {
  std::optional<double> result;
  visit_number(type, source, [&](auto value) { result = static_cast<double>(value); });
  return result;
}

template <typename T>
std::vector<std::byte> encode(T value) {
  std::vector<std::byte> bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

void append(std::vector<std::byte>& bytes, const void* source, std::size_t size) {
  if (size == 0) return;
  const std::size_t end = bytes.size();
  bytes.resize(end + size);
  std::memcpy(bytes.data() + end, source, size);
}

std::vector<std::byte> array_head(MetadataType type, std::uint64_t count) {
  std::vector<std::byte> bytes = encode(static_cast<std::uint32_t>(type));
  append(bytes, &count, sizeof count);
  return bytes;
}

void append_text(std::vector<std::byte>& bytes, std::string_view text) {
  const std::uint64_t length = text.size();
  append(bytes, &length, sizeof length);
  append(bytes, text.data(), text.size());
}

template <typename T>
std::vector<std::byte> encode_numbers(MetadataType type, std::span<const T> elements) {
  std::vector<std::byte> bytes = array_head(type, elements.size());
  append(bytes, elements.data(), elements.size_bytes());
  return bytes;
}

// Below, `what` is "the value of KEY" for messages, made once a value: a vocabulary
// has 100,000 elements.

MetadataType read_element_type(ByteReader& reader, std::string_view what) {
  const auto type = reader.read<std::uint32_t>(what);
  if (type >= kMetadataTypeCount)
    throw reader.fail(std::string(what) + " has the unknown type " + std::to_string(type));
  return static_cast<MetadataType>(type);
}

void check_value(ByteReader& reader, MetadataType type, std::string_view what, int depth);

void check_array(ByteReader& reader, std::string_view what, int depth) {
  if (depth >= MetadataValue::kMaxArrayDepth)
    throw reader.fail(std::string(what) + " nests arrays deeper than " +
                      std::to_string(MetadataValue::kMaxArrayDepth));
  const MetadataType type = read_element_type(reader, what);
  const auto count = reader.read<std::uint64_t>(what);
  reader.check_count(count, minimal_bytes(type), "elements in " + std::string(what));
  if (fixed_bytes(type) > 0 && type != MetadataType::Bool) {
    reader.take(count * fixed_bytes(type), what);
    return;
  }
  for (std::uint64_t i = 0; i < count; ++i) check_value(reader, type, what, depth + 1);
}

void check_value(ByteReader& reader, MetadataType type, std::string_view what, int depth) {
  if (type == MetadataType::Array) return check_array(reader, what, depth);
  if (type == MetadataType::String) {
    reader.read_text(what);
    return;
  }
  const auto bytes = reader.take(fixed_bytes(type), what);
  if (type == MetadataType::Bool && std::to_integer<unsigned>(bytes[0]) > 1)
    throw reader.fail(std::string(what) + " is a bool of " +
                      std::to_string(std::to_integer<unsigned>(bytes[0])) + ", it must be 0 or 1");
}

}  // namespace

std::string_view metadata_type_name(MetadataType type) {
  return kMetadataTypes[static_cast<std::size_t>(type)].name;
}

MetadataValue MetadataValue::of(bool value) {
  return {MetadataType::Bool, encode(static_cast<std::uint8_t>(value))};
}
MetadataValue MetadataValue::of(std::uint8_t value) {
  return {MetadataType::U8, encode(value)};
}
MetadataValue MetadataValue::of(std::int8_t value) {
  return {MetadataType::I8, encode(value)};
}
MetadataValue MetadataValue::of(std::uint16_t value) {
  return {MetadataType::U16, encode(value)};
}
MetadataValue MetadataValue::of(std::int16_t value) {
  return {MetadataType::I16, encode(value)};
}
MetadataValue MetadataValue::of(std::uint32_t value) {
  return {MetadataType::U32, encode(value)};
}
MetadataValue MetadataValue::of(std::int32_t value) {
  return {MetadataType::I32, encode(value)};
}
MetadataValue MetadataValue::of(std::uint64_t value) {
  return {MetadataType::U64, encode(value)};
}
MetadataValue MetadataValue::of(std::int64_t value) {
  return {MetadataType::I64, encode(value)};
}
MetadataValue MetadataValue::of(float value) {
  return {MetadataType::F32, encode(value)};
}
MetadataValue MetadataValue::of(double value) {
  return {MetadataType::F64, encode(value)};
}
MetadataValue MetadataValue::of(std::string_view value) {
  std::vector<std::byte> bytes;
  append_text(bytes, value);
  return {MetadataType::String, std::move(bytes)};
}

MetadataValue MetadataValue::array(MetadataType type, std::span<const MetadataValue> elements) {
  std::vector<std::byte> bytes = array_head(type, elements.size());
  for (const MetadataValue& element : elements) {
    if (element.type_ != type)
      throw Error(ErrorKind::Input, "an array of " + std::string(metadata_type_name(type)) +
                                        " cannot hold " + element.description());
    append(bytes, element.bytes_.data(), element.bytes_.size());
  }
  // Refuses what no reader would accept: arrays nested too deep.
  ByteReader reader(bytes, "");
  check_array(reader, "the array", 0);
  return {MetadataType::Array, std::move(bytes)};
}

MetadataValue MetadataValue::array(std::span<const std::string> elements) {
  std::vector<std::byte> bytes = array_head(MetadataType::String, elements.size());
  for (const std::string& element : elements) append_text(bytes, element);
  return {MetadataType::Array, std::move(bytes)};
}
MetadataValue MetadataValue::array(std::span<const std::int32_t> elements) {
  return {MetadataType::Array, encode_numbers(MetadataType::I32, elements)};
}
MetadataValue MetadataValue::array(std::span<const std::uint32_t> elements) {
  return {MetadataType::Array, encode_numbers(MetadataType::U32, elements)};
}
MetadataValue MetadataValue::array(std::span<const float> elements) {
  return {MetadataType::Array, encode_numbers(MetadataType::F32, elements)};
}

MetadataValue MetadataValue::read(ByteReader& reader, MetadataType type, std::string_view key) {
  ByteReader end = reader;
  const std::string what = "the value of " + quoted(key);
  check_value(end, type, what, 0);
  const auto bytes = reader.take(end.position() - reader.position(), what);
  return {type, std::vector<std::byte>(bytes.begin(), bytes.end())};
}

std::optional<std::uint64_t> MetadataValue::as_u64() const {
  return integer_at<std::uint64_t>(type_, bytes_.data());
}
std::optional<std::int64_t> MetadataValue::as_i64() const {
  return integer_at<std::int64_t>(type_, bytes_.data());
}
std::optional<double> MetadataValue::as_f64() const {
  return double_at(type_, bytes_.data());
}
std::optional<bool> MetadataValue::as_bool() const {
  if (type_ != MetadataType::Bool) return std::nullopt;
  return bytes_[0] != std::byte{0};
}
std::optional<std::string_view> MetadataValue::as_string() const {
  if (type_ != MetadataType::String) return std::nullopt;
  return ByteReader(bytes_, "").read_text("a string");
}

MetadataType MetadataValue::element_type() const {
  TENON_CHECK(type_ == MetadataType::Array);
  return static_cast<MetadataType>(load_number<std::uint32_t>(bytes_.data()));
}
std::uint64_t MetadataValue::size() const {
  return type_ == MetadataType::Array
             ? load_number<std::uint64_t>(bytes_.data() + sizeof(std::uint32_t))
             : 0;
}

std::optional<std::vector<std::string_view>> MetadataValue::as_strings() const {
  if (type_ != MetadataType::Array || element_type() != MetadataType::String) return std::nullopt;
  ByteReader reader(bytes_, "");
  reader.take(kArrayHead, "the head of an array");
  std::vector<std::string_view> result(size());
  for (std::string_view& text : result) text = reader.read_text("a string");
  return result;
}

std::optional<std::vector<std::int64_t>> MetadataValue::as_i64s() const {
  if (type_ != MetadataType::Array || fixed_bytes(element_type()) == 0) return std::nullopt;
  std::vector<std::int64_t> result(size());
  const std::byte* source = bytes_.data() + kArrayHead;
  for (std::int64_t& number : result) {
    const auto value = integer_at<std::int64_t>(element_type(), source);
    if (!value) return std::nullopt;
    number = *value;
    source += fixed_bytes(element_type());
  }
  return result;
}

std::optional<std::vector<double>> MetadataValue::as_f64s() const {
  if (type_ != MetadataType::Array || fixed_bytes(element_type()) == 0) return std::nullopt;
  std::vector<double> result(size());
  const std::byte* source = bytes_.data() + kArrayHead;
  for (double& number : result) {
    const auto value = double_at(element_type(), source);
    if (!value) return std::nullopt;
    number = *value;
    source += fixed_bytes(element_type());
  }
  return result;
}

std::vector<MetadataValue> MetadataValue::elements() const {
  std::vector<MetadataValue> result;
  if (type_ != MetadataType::Array) return result;
  ByteReader reader(bytes_, "");
  reader.take(kArrayHead, "the head of an array");
  for (std::uint64_t i = 0; i < size(); ++i)
    result.push_back(read(reader, element_type(), "array"));
  return result;
}

std::string MetadataValue::description() const {
  if (type_ != MetadataType::Array) return std::string(metadata_type_name(type_));
  return "array of " + std::string(metadata_type_name(element_type()));
}

}  // namespace tenon::formats
