#include "text/pre_tokenizer_rules.h"

namespace tenon::text {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Bytes of `(?i:'s|'t|'re|'ve|'m|'ll|'d)` at an apostrophe, 0 for none.
std::size_t contraction_length(std::string_view text, std::size_t apostrophe) {
  const std::string_view rest = text.substr(apostrophe + 1, 2);
  // Ignoring case, U+017F (long s) is an s in Unicode; no other of these letters has such a twin.
  if (rest == "\xC5\xBF") return 3;
  if (rest.empty()) return 0;
  const char first = lower(rest[0]);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
  if (rest.size() < 2) return 0;
  const char second = lower(rest[1]);
  const bool is_pair = (first == 'r' && second == 'e') || (first == 'v' && second == 'e') ||
                       (first == 'l' && second == 'l');
  return is_pair ? 3 : 0;
}

bool is_letter(Character character) {
  return character.is(CharacterClass::Letter);
}

bool is_other(Character character) {
  return character.is(CharacterClass::Other) || character.is(CharacterClass::Punctuation);
}

// `\s*[\r\n]+|\s+(?!\S)|\s+`: up to the last line end of the run, if it has one.
std::size_t lines_or_spaces_end(std::string_view text, std::size_t begin) {
  std::size_t lines_end = begin;
  std::size_t end = begin;
  Character character = character_at(text, begin);
  while (character.is(CharacterClass::Space)) {
    end += character.length;
    if (character.is_newline()) lines_end = end;
    character = character_at(text, end);
  }
  if (lines_end > begin) return lines_end;
  return spaces_end(text, begin, [](Character next) { return next.is(CharacterClass::End); });
}

std::size_t numbers_end(std::string_view text, std::size_t begin, int most) {
  return skip_while(text, begin,
                    [&](Character next) { return next.is(CharacterClass::Number) && most-- > 0; });
}

std::size_t word_end(std::string_view text, std::size_t begin, int most_numbers) {
  const Character first = character_at(text, begin);
  if (first.code_point == '\'') {
    const std::size_t length = contraction_length(text, begin);
    if (length > 0) return begin + length;
  }
  if (is_letter(first)) return skip_while(text, begin, is_letter);
  if (first.is(CharacterClass::Number)) return numbers_end(text, begin, most_numbers);
  // One character of any other kind but a line end goes with the letters after it.
  const std::size_t second = begin + first.length;
  if (!first.is_newline() && is_letter(character_at(text, second))) {
    return skip_while(text, second, is_letter);
  }
  const std::size_t start = first.code_point == ' ' ? second : begin;
  if (is_other(character_at(text, start))) {
    const std::size_t end = skip_while(text, start, is_other);
    return skip_while(text, end, [](Character next) { return next.is_newline(); });
  }
  return lines_or_spaces_end(text, begin);
}

}  // namespace

// Llama 3's tokenizer.json (from cl100k_base of tiktoken):
//   (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|
//   \s*[\r\n]+|\s+(?!\S)|\s+
std::size_t llama_bpe_word_end(std::string_view text, std::size_t begin) {
  return word_end(text, begin, 3);
}

// Qwen 2's tokenizer.json: the same with \p{N} alone.
std::size_t qwen2_word_end(std::string_view text, std::size_t begin) {
  return word_end(text, begin, 1);
}

}  // namespace tenon::text
