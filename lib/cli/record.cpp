#include "cli/record.h"

#include <algorithm>
#include <cmath>

#include "cli/pretty_json.h"
#include "cli/values.h"

namespace tenon::cli {
namespace {

// Bytes of the UTF-8 sequence that `text` begins with, 0 if it begins with none (RFC 3629: no
// surrogates, nothing overlong, nothing above U+10FFFF).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80, high = first == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80, high = first == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

void append_escape(std::string& body, unsigned char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      body += "\\\"";
      return;
    case '\\':
      body += "\\\\";
      return;
    case '\n':
      body += "\\n";
      return;
    case '\r':
      body += "\\r";
      return;
    case '\t':
      body += "\\t";
      return;
    default:
      body += "\\u00";
      body += kHex[c >> 4];
      body += kHex[c & 15];
  }
}

void append_string(std::string& body, std::string_view text) {
  body += '"';
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const auto c = static_cast<unsigned char>(text[0]);
    if (length == 0) {
      body += "\xEF\xBF\xBD";  // U+FFFD for each byte that is no UTF-8
    } else if (c < 0x20 || c == 0x7F || c == '"' || c == '\\') {
      append_escape(body, c);
    } else {
      body += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  body += '"';
}

void append_value(std::string& body, std::int64_t value) {
  body += std::to_string(value);
}
void append_value(std::string& body, double value) {
  body += std::isfinite(value) ? format_real(value) : "null";
}
void append_value(std::string& body, const std::string& value) {
  append_string(body, value);
}
void append_value(std::string& body, const Record& value) {
  body += value.json();
}

template <typename T>
void append_array(std::string& body, std::span<const T> values) {
  body += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) body += ',';
    append_value(body, values[i]);
  }
  body += ']';
}

}  // namespace

Record::Record(std::string_view type) {
  if (!type.empty()) add("type", type);
}

std::string& Record::key(std::string_view name) {
  if (body_.size() > 1) body_ += ',';
  append_string(body_, name);
  body_ += ':';
  return body_;
}

Record& Record::add(std::string_view name, std::string_view value) {
  append_string(key(name), value);
  return *this;
}

Record& Record::add(std::string_view name, bool value) {
  key(name) += value ? "true" : "false";
  return *this;
}

Record& Record::add(std::string_view name, std::int64_t value) {
  append_value(key(name), value);
  return *this;
}

Record& Record::add(std::string_view name, std::uint64_t value) {
  key(name) += std::to_string(value);
  return *this;
}

Record& Record::add(std::string_view name, double value) {
  append_value(key(name), value);
  return *this;
}

Record& Record::add(std::string_view name, std::span<const std::int32_t> values) {
  std::string& body = key(name);
  body += '[';
  for (std::size_t i = 0; i < values.size(); ++i)
    body += (i > 0 ? "," : "") + std::to_string(values[i]);
  body += ']';
  return *this;
}

Record& Record::add(std::string_view name, std::span<const std::int64_t> values) {
  append_array(key(name), values);
  return *this;
}

Record& Record::add(std::string_view name, std::span<const double> values) {
  append_array(key(name), values);
  return *this;
}

Record& Record::add(std::string_view name, std::span<const std::string> values) {
  append_array(key(name), values);
  return *this;
}

Record& Record::add(std::string_view name, const Record& value) {
  append_value(key(name), value);
  return *this;
}

Record& Record::add(std::string_view name, std::span<const Record> values) {
  append_array(key(name), values);
  return *this;
}

Record& Record::add_null(std::string_view name) {
  key(name) += "null";
  return *this;
}

Record& Record::add_json(std::string_view name, std::string_view json) {
  std::string& body = key(name);
  for (const char c : json)
    if (c != '\n' && c != '\r') body += c;  // JSON has them between tokens only
  return *this;
}

Record& Record::append(const Record& other) {
  constexpr std::string_view kType = "\"type\":\"";
  std::string_view fields = std::string_view(other.body_).substr(1);
  if (fields.substr(0, kType.size()) == kType) {
    const std::size_t end = fields.find('"', kType.size());
    fields.remove_prefix(std::min(end + 2, fields.size()));
  }
  if (fields.empty()) return *this;
  if (body_.size() > 1) body_ += ',';
  body_ += fields;
  return *this;
}

std::string Record::pretty_json() const {
  return cli::pretty_json(json());
}

}  // namespace tenon::cli
