#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::cli {

/// One JSON object written field by field, in order: `type` first, then what is added. Doubles in
/// shortest round-trip form, NaN and infinity as null; invalid UTF-8 as U+FFFD.
///
///   Record("completion").add("id", id).add("text", text).add("token_ids", ids)
class Record {
 public:
  /// An object whose first field is "type"; with an empty type a plain object to nest.
  explicit Record(std::string_view type = {});

  Record& add(std::string_view key, std::string_view value);
  Record& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  Record& add(std::string_view key, const std::string& value) {
    return add(key, std::string_view(value));
  }
  Record& add(std::string_view key, bool value);
  Record& add(std::string_view key, std::int64_t value);
  Record& add(std::string_view key, std::int32_t value) {
    return add(key, static_cast<std::int64_t>(value));
  }
  Record& add(std::string_view key, std::uint64_t value);
  Record& add(std::string_view key, double value);
  Record& add(std::string_view key, std::span<const std::int32_t> values);
  Record& add(std::string_view key, std::span<const std::int64_t> values);
  Record& add(std::string_view key, std::span<const double> values);
  Record& add(std::string_view key, std::span<const std::string> values);
  Record& add(std::string_view key, const Record& value);
  Record& add(std::string_view key, std::span<const Record> values);
  Record& add_null(std::string_view key);
  /// `json` is written as it is, but for line breaks: a value from an input record passed through
  /// ("id" may be any JSON value).
  Record& add_json(std::string_view key, std::string_view json);
  /// The fields of `other` behind those here; its type is left out.
  Record& append(const Record& other);

  /// On one line, without a line break: {"type":"completion","id":1}
  std::string json() const { return body_ + "}"; }
  /// Indented for people: --format json.
  std::string pretty_json() const;

 private:
  std::string& key(std::string_view name);
  std::string body_ = "{";
};

}  // namespace tenon::cli
