#include "text/pre_tokenizer_rules.h"

namespace tenon::text {
namespace {

bool is_number(Character character) {
  return character.is(CharacterClass::Number);
}

bool is_ascii_digit(Character character) {
  return character.code_point >= '0' && character.code_point <= '9';
}

// [\p{P}\$\+<=>\^~\|]
bool is_mark(Character character) {
  if (character.is(CharacterClass::Punctuation)) return true;
  constexpr std::u32string_view kSymbols = U"$+<=>^~|";
  return kSymbols.find(character.code_point) != std::u32string_view::npos;
}

bool is_other(Character character) {
  return character.is(CharacterClass::Other) && !is_mark(character);
}

// Whether `[0-9][0-9][0-9]` matches at `position`.
bool is_triple(std::string_view text, std::size_t position) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (!is_ascii_digit(character_at(text, position + i))) return false;
  }
  return true;
}

// Within a run of numbers: three ASCII digits, or all that comes before the next three.
std::size_t numbers_end(std::string_view text, std::size_t begin) {
  if (is_triple(text, begin)) return begin + 3;
  std::size_t end = begin;
  Character character = character_at(text, end);
  while (is_number(character) && !is_triple(text, end)) {
    end += character.length;
    character = character_at(text, end);
  }
  return end;
}

}  // namespace

// Four expressions one after the other, each on the parts that the one before it left or matched:
//   [\p{P}\$\+<=>\^~\|]+
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)
//   \p{N}+
//   [0-9][0-9][0-9]
// The first takes every apostrophe, so the second never sees a contraction; the third parts numbers
// from the space in front of them.
std::size_t default_word_end(std::string_view text, std::size_t begin) {
  const Character first = character_at(text, begin);
  if (is_mark(first)) return skip_while(text, begin, is_mark);
  if (is_number(first)) return numbers_end(text, begin);
  const std::size_t start = first.code_point == ' ' ? begin + 1 : begin;
  const Character lead = character_at(text, start);
  if (is_other(lead)) return skip_while(text, start, is_other);
  if (lead.is(CharacterClass::Letter)) {
    return skip_while(text, start, [](Character next) { return next.is(CharacterClass::Letter); });
  }
  return spaces_end(text, begin,
                    [](Character next) { return next.is(CharacterClass::End) || is_mark(next); });
}

}  // namespace tenon::text
