#include "text/unicode.h"

#include <utf8proc.h>

namespace tenon::text {
namespace {

constexpr bool is_white_space(char32_t c) {
  // PropList.txt, White_Space: not U+200B, not U+001C..U+001F.
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

constexpr CharacterClass ascii_class(unsigned char c) {
  if (is_white_space(c)) return CharacterClass::Space;
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return CharacterClass::Letter;
  if (c >= '0' && c <= '9') return CharacterClass::Number;
  // The printable rest is punctuation but for nine symbols.
  const bool is_symbol = c == '$' || c == '+' || c == '<' || c == '=' || c == '>' || c == '^' ||
                         c == '`' || c == '|' || c == '~';
  const bool is_printable = c > 0x20 && c < 0x7F;
  return is_printable && !is_symbol ? CharacterClass::Punctuation : CharacterClass::Other;
}

constexpr std::array<CharacterClass, 128> ascii_classes() {
  std::array<CharacterClass, 128> classes{};
  for (unsigned char c = 0; c < 128; ++c) classes[c] = ascii_class(c);
  return classes;
}

}  // namespace

namespace unicode_detail {

constexpr std::array<CharacterClass, 128> kAsciiClasses = ascii_classes();

Character wide_character(std::string_view text) {
  const Utf8Sequence sequence = read_utf8(text);
  if (sequence.state != Utf8Sequence::State::Valid) {
    return {kNoCodePoint, CharacterClass::Other, 1};
  }
  return {sequence.code_point, character_class(sequence.code_point),
          static_cast<std::uint8_t>(sequence.length)};
}

}  // namespace unicode_detail

CharacterClass character_class(char32_t code_point) {
  if (code_point < 0x80) return unicode_detail::kAsciiClasses[code_point];
  if (is_white_space(code_point)) return CharacterClass::Space;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code_point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return CharacterClass::Letter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return CharacterClass::Number;
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
      return CharacterClass::Punctuation;
    default:
      return CharacterClass::Other;
  }
}

}  // namespace tenon::text
