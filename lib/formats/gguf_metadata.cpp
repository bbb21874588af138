#include "formats/gguf_metadata.h"

#include <algorithm>

namespace tenon::formats {

namespace {

// A key as it is where it is plain, else quoted, so that a file cannot steer a terminal.
std::string shown_key(std::string_view key) {
  const bool is_plain = std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7F; });
  return is_plain && key.size() <= 80 ? std::string(key) : quoted(key);
}

}  // namespace

Error GgufMetadata::error(std::string_view key, std::string message) const {
  return Error(ErrorKind::Input, std::move(message)).at(origin_, 0, shown_key(key));
}

const MetadataValue* GgufMetadata::find(std::string_view key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &entries_[found->second].value;
}

void GgufMetadata::add(std::string_view key, MetadataValue value) {
  if (!index_.emplace(key, entries_.size()).second) throw error(key, "the key appears twice");
  entries_.push_back({std::string(key), std::move(value)});
}

void GgufMetadata::set(std::string_view key, MetadataValue value) {
  const auto found = index_.find(key);
  if (found == index_.end()) return add(key, std::move(value));
  entries_[found->second].value = std::move(value);
}

void GgufMetadata::remove(std::string_view key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return;
  const std::size_t at = found->second;
  index_.erase(found);
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
  for (auto& [name, position] : index_)
    if (position > at) --position;
}

namespace {

std::string wrong_type(const MetadataValue& value, const char* needed) {
  std::string message = "has type " + value.description();
  if (value.as_f64()) message += " and value " + value.to_json();
  return message + ", " + needed + " is needed";
}

}  // namespace

// One reader of each kind: the optional form, then the one that insists.
#define TENON_METADATA_ACCESS(type, name, needed)                             \
  std::optional<type> GgufMetadata::find_##name(std::string_view key) const { \
    const MetadataValue* value = find(key);                                   \
    if (value == nullptr) return std::nullopt;                                \
    auto result = value->as_##name();                                         \
    if (!result) throw error(key, wrong_type(*value, needed));                \
    return result;                                                            \
  }                                                                           \
  type GgufMetadata::require_##name(std::string_view key) const {             \
    auto result = find_##name(key);                                           \
    if (!result) throw error(key, "the key is missing");                      \
    return *std::move(result);                                                \
  }

TENON_METADATA_ACCESS(std::uint64_t, u64, "a non-negative integer")
TENON_METADATA_ACCESS(std::int64_t, i64, "an integer")
TENON_METADATA_ACCESS(double, f64, "a number")
TENON_METADATA_ACCESS(bool, bool, "a bool")
TENON_METADATA_ACCESS(std::string_view, string, "a string")
TENON_METADATA_ACCESS(std::vector<std::string_view>, strings, "an array of strings")
TENON_METADATA_ACCESS(std::vector<std::int64_t>, i64s, "an array of integers")
TENON_METADATA_ACCESS(std::vector<double>, f64s, "an array of numbers")

#undef TENON_METADATA_ACCESS

}  // namespace tenon::formats
