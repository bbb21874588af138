#include "text/jinja/string_literal.h"

#include <charconv>

#include "text/jinja/characters.h"

namespace tenon::text::jinja {

namespace {

// Appends the character of `digits` hexadecimal digits at `at`.
bool append_hexadecimal(std::string_view inner, std::size_t at, std::size_t digits,
                        std::string& text) {
  if (inner.size() < at + digits) return false;
  std::uint32_t code = 0;
  const char* end = inner.data() + at + digits;
  const auto result = std::from_chars(inner.data() + at, end, code, 16);
  const bool is_surrogate = code >= 0xD800 && code < 0xE000;
  if (result.ec != std::errc() || result.ptr != end || code > 0x10FFFF || is_surrogate)
    return false;
  append_character(text, static_cast<std::int32_t>(code));
  return true;
}

std::size_t append_octal(std::string_view inner, std::size_t at, std::string& text) {
  std::int32_t code = 0;
  std::size_t end = at;
  while (end < inner.size() && end < at + 3 && inner[end] >= '0' && inner[end] <= '7')
    code = code * 8 + (inner[end++] - '0');
  append_character(text, code);
  return end;
}

}  // namespace

bool unescape(std::string_view inner, std::string& text) {
  static constexpr std::string_view kLetters = "abfnrtv\\'\"";
  static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"";
  for (std::size_t at = 0; at < inner.size();) {
    if (inner[at] != '\\' || at + 1 >= inner.size()) {
      text += inner[at++];
      continue;
    }
    const char letter = inner[at + 1];
    at += 2;
    if (const auto known = kLetters.find(letter); known != std::string_view::npos) {
      text += kMeanings[known];
    } else if (letter == 'x' || letter == 'u' || letter == 'U') {
      const std::size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
      if (!append_hexadecimal(inner, at, digits, text)) return false;
      at += digits;
    } else if (letter >= '0' && letter <= '7') {
      at = append_octal(inner, at - 1, text);
    } else if (letter == 'N') {
      return false;
    } else if (letter != '\n') {
      (text += '\\') += letter;
    }
  }
  return true;
}

}  // namespace tenon::text::jinja
