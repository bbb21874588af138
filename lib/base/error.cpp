#include "base/error.h"

#include <cstdio>

namespace tenon {

Error& Error::at(std::string_view file) {
  file_ = file;
  return *this;
}

Error& Error::at(std::string_view file, long line, std::string_view pointer) {
  file_ = file;
  line_ = line;
  pointer_ = pointer;
  return *this;
}

Error& Error::in(std::string_view file) {
  if (file_.empty()) file_ = file;
  return *this;
}

Error& Error::on_line(long line) {
  if (line_ == 0) line_ = line;
  return *this;
}

Error& Error::hint(std::string_view text) {
  hint_ = text;
  return *this;
}

const char* Error::what() const noexcept {
  try {
    what_ = file_;
    if (line_ > 0) what_ += (what_.empty() ? "line " : ":") + std::to_string(line_);
    if (!pointer_.empty()) what_ += (what_.empty() ? "at " : " at ") + pointer_;
    if (!what_.empty()) what_ += ": ";
    what_ += message_;
    return what_.c_str();
  } catch (...) {
    return "out of memory while describing an error";
  }
}

namespace {

// Length of the valid UTF-8 sequence at the start of `text`, 0 if it is not one.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  std::size_t length = 0;
  unsigned minimum = 0, value = 0;
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) length = 2, minimum = 0x80, value = first & 0x1Fu;
  if (first >= 0xE0 && first <= 0xEF) length = 3, minimum = 0x800, value = first & 0x0Fu;
  if (first >= 0xF0 && first <= 0xF4) length = 4, minimum = 0x10000, value = first & 0x07u;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return 0;
    value = (value << 6) | (byte(i) & 0x3Fu);
  }
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  return value < minimum || value > 0x10FFFF || is_surrogate ? 0 : length;
}

// Characters that steer a display though they are no controls of the terminal: line separators
// (U+2028, U+2029), directional marks (U+200E, U+200F), embeddings (U+202A..U+202E) and isolates
// (U+2066..U+2069) make a line read as another text.
bool is_directive(std::string_view text) {
  if (text.size() < 3 || text[0] != '\xE2') return false;
  const unsigned char second = static_cast<unsigned char>(text[1]);
  const unsigned char third = static_cast<unsigned char>(text[2]);
  if (second == 0x80) return third == 0x8E || third == 0x8F || (third >= 0xA8 && third <= 0xAE);
  return second == 0x81 && third >= 0xA6 && third <= 0xA9;
}

void append_escaped(std::string& result, std::string_view bytes) {
  for (const char c : bytes) {
    char escape[8];
    std::snprintf(escape, sizeof escape, "\\x%02X", static_cast<unsigned char>(c));
    result += escape;
  }
}

}  // namespace

std::string quoted(std::string_view text, std::size_t limit) {
  std::string result = "\"";
  bool is_cut = false;
  while (!text.empty()) {
    if (result.size() > limit) {
      is_cut = true;
      break;
    }
    const std::size_t length = utf8_length(text);
    const unsigned char first = static_cast<unsigned char>(text[0]);
    // C1 controls (U+0080..U+009F) steer terminals as much as C0 does.
    const bool is_c1 = length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (length == 0 || first < 0x20 || first == 0x7F || is_c1 || is_directive(text)) {
      const std::size_t escaped = length == 0 ? 1 : length;
      append_escaped(result, text.substr(0, escaped));
      text.remove_prefix(escaped);
    } else {
      if (first == '"' || first == '\\') result += '\\';
      result += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  result += is_cut ? "\"..." : "\"";
  return result;
}

void check_failed(const char* expression, const char* file, int line) {
  throw Error(ErrorKind::Internal, std::string("check failed: ") + expression + " (" + file + ":" +
                                       std::to_string(line) + ")")
      .hint("this is a mistake in Tenon; please report it with the command line");
}

}  // namespace tenon
