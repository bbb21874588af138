#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "text/utf8.h"

namespace tenon::text {

/// The classes that the rules of pre-tokenizers tell apart, as regular expressions write them.
enum class CharacterClass : std::uint8_t {
  Letter,       // \p{L}
  Number,       // \p{N}: digits of all scripts, Roman numerals, fractions
  Space,        // \s: the Unicode property White_Space
  Punctuation,  // \p{P}
  Other,        // marks, symbols, controls, private use, unassigned; also a byte that is no UTF-8
  End,          // no character: the text is over
};

/// Of a code point, by utf8proc's tables of general categories (Unicode 15 with utf8proc 2.8).
CharacterClass character_class(char32_t code_point);

struct Character {
  char32_t code_point;  // 0xFFFFFFFF for a byte that is no UTF-8 and at the end
  CharacterClass kind;
  std::uint8_t length;  // bytes; 0 at the end

  bool is(CharacterClass other) const { return kind == other; }
  bool is_newline() const { return code_point == '\n' || code_point == '\r'; }
};

inline constexpr char32_t kNoCodePoint = 0xFFFFFFFF;

namespace unicode_detail {
extern const std::array<CharacterClass, 128> kAsciiClasses;
Character wide_character(std::string_view text);  // any first byte
}  // namespace unicode_detail

/// The character at a byte position. Invalid UTF-8 is walked over a byte at a time.
inline Character character_at(std::string_view text, std::size_t position) {
  if (position >= text.size()) return {kNoCodePoint, CharacterClass::End, 0};
  const auto byte = static_cast<unsigned char>(text[position]);
  if (byte < 0x80) return {byte, unicode_detail::kAsciiClasses[byte], 1};
  return unicode_detail::wide_character(text.substr(position));
}

/// The position after all characters from `position` on for which `belongs(character)` holds; it
/// must not hold for the end.
template <class Predicate>
std::size_t skip_while(std::string_view text, std::size_t position, Predicate belongs) {
  Character character = character_at(text, position);
  while (belongs(character)) {
    position += character.length;
    character = character_at(text, position);
  }
  return position;
}

}  // namespace tenon::text
