#pragma once

#include <cstddef>
#include <string_view>

#include "text/unicode.h"

namespace tenon::text {

// One function a rule, as PreTokenizer::word_end; each quotes its regular expression.
std::size_t gpt2_word_end(std::string_view text, std::size_t begin);
std::size_t smollm_word_end(std::string_view text, std::size_t begin);
std::size_t llama_bpe_word_end(std::string_view text, std::size_t begin);
std::size_t qwen2_word_end(std::string_view text, std::size_t begin);
std::size_t default_word_end(std::string_view text, std::size_t begin);

/// What `\s+(?!\S)|\s+` matches at white space: the whole run where the text is over after it
/// (`is_end(next character)`), otherwise all but its last character, which the next word may want.
template <class Predicate>
std::size_t spaces_end(std::string_view text, std::size_t begin, Predicate is_end) {
  std::size_t end = begin;
  std::size_t last = begin;
  Character character = character_at(text, begin);
  while (character.is(CharacterClass::Space)) {
    last = end;
    end += character.length;
    character = character_at(text, end);
  }
  return is_end(character) || last == begin ? end : last;
}

}  // namespace tenon::text
