#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::text {

/// What stands at the start of some bytes, after table 3-7 of the Unicode Standard (well-formed
/// UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF).
struct Utf8Sequence {
  enum class State {
    Valid,       // a whole character of `length` bytes
    Invalid,     // `length` bytes that no continuation can make a character ("maximal subpart")
    Unfinished,  // the text ends after `length` bytes that could still become a character
  };
  State state;
  std::size_t length;   // 1 to 4
  char32_t code_point;  // for Valid, otherwise 0
};

/// Looks at the first bytes of `text`, which must not be empty.
Utf8Sequence read_utf8(std::string_view text);

/// `code_point` as UTF-8 at the end of `text`.
void append_utf8(std::string& text, char32_t code_point);

/// U+FFFD, which stands for bytes that are no character.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

}  // namespace tenon::text
