#include "text/pre_tokenizer_rules.h"

namespace tenon::text {
namespace {

// Bytes of `'s|'t|'re|'ve|'m|'ll|'d` at an apostrophe, 0 for none.
std::size_t contraction_length(std::string_view text, std::size_t apostrophe) {
  const std::string_view rest = text.substr(apostrophe + 1, 2);
  if (rest.empty()) return 0;
  if (rest[0] == 's' || rest[0] == 't' || rest[0] == 'm' || rest[0] == 'd') return 2;
  return rest == "re" || rest == "ve" || rest == "ll" ? 3 : 0;
}

bool is_other(Character character) {
  return character.is(CharacterClass::Other) || character.is(CharacterClass::Punctuation);
}

// Where numbers are words of their own they end the text for all other words.
template <bool kNumbersApart>
std::size_t word_end(std::string_view text, std::size_t begin) {
  const Character first = character_at(text, begin);
  if (kNumbersApart && first.is(CharacterClass::Number)) return begin + first.length;
  if (first.code_point == '\'') {
    const std::size_t length = contraction_length(text, begin);
    if (length > 0) return begin + length;
  }
  const std::size_t start = first.code_point == ' ' ? begin + 1 : begin;
  const Character lead = character_at(text, start);
  if (is_other(lead)) return skip_while(text, start, is_other);
  if (lead.is(CharacterClass::Letter) || (lead.is(CharacterClass::Number) && !kNumbersApart)) {
    return skip_while(text, start, [&](Character next) { return next.is(lead.kind); });
  }
  return spaces_end(text, begin, [](Character next) {
    return next.is(CharacterClass::End) || (kNumbersApart && next.is(CharacterClass::Number));
  });
}

}  // namespace

// Radford et al. 2019, encoder.py:
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
std::size_t gpt2_word_end(std::string_view text, std::size_t begin) {
  return word_end<false>(text, begin);
}

// SmolLM's tokenizer.json: Digits(individual_digits), then on each part the rule of GPT-2:
//   \p{N}
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
std::size_t smollm_word_end(std::string_view text, std::size_t begin) {
  return word_end<true>(text, begin);
}

}  // namespace tenon::text
