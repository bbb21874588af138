#include <charconv>
#include <cmath>
#include <concepts>
#include <nlohmann/json.hpp>

#include "formats/gguf_metadata_encoding.h"

namespace tenon::formats {

namespace {

template <std::floating_point T>
std::string float_json(T value) {
  if (!std::isfinite(value)) return "null";
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

std::string number_json(MetadataType type, const std::byte* source) {
  std::string result;
  visit_number(type, source, [&](auto value) {
    if constexpr (std::floating_point<decltype(value)>)
      result = float_json(value);
    else
      result = std::to_string(value);
  });
  return result;
}

std::string text_json(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Writes the value of `type` where `reader` stands as JSON and steps over it.
void append_json(ByteReader& reader, MetadataType type, std::size_t max_elements,
                 std::string& out) {
  if (type == MetadataType::String) {
    out += text_json(reader.read_text("a string"));
  } else if (type == MetadataType::Bool) {
    out += reader.read<std::uint8_t>("a bool") != 0 ? "true" : "false";
  } else if (type != MetadataType::Array) {
    out += number_json(type, reader.take(fixed_bytes(type), "a number").data());
  } else {
    const auto element_type = static_cast<MetadataType>(reader.read<std::uint32_t>("a type"));
    const auto count = reader.read<std::uint64_t>("a length");
    out += '[';
    std::string skipped;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::string& target = i < max_elements ? out : skipped;
      if (i > 0 && i < max_elements) out += ',';
      skipped.clear();
      append_json(reader, element_type, max_elements, target);
    }
    if (count > max_elements) {
      if (max_elements > 0) out += ',';
      out += text_json("... " + std::to_string(count) + " in all");
    }
    out += ']';
  }
}

}  // namespace

std::string MetadataValue::to_json(std::size_t max_elements) const {
  ByteReader reader(bytes_, "");
  std::string out;
  append_json(reader, type_, max_elements, out);
  return out;
}

}  // namespace tenon::formats
