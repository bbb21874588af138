#include <utf8proc.h>

#include <algorithm>

#include "text/jinja/characters.h"
#include "text/jinja/special_casing.h"

namespace tenon::text::jinja {

namespace {

const SpecialCase* special_case(std::int32_t code) {
  const auto* found = std::lower_bound(
      kSpecialCasing.begin(), kSpecialCasing.end(), code,
      [](const SpecialCase& special, std::int32_t wanted) { return special.code < wanted; });
  return found != kSpecialCasing.end() && found->code == code ? found : nullptr;
}

void append_sequence(std::string& text, const std::array<std::int32_t, 3>& sequence) {
  for (const std::int32_t code : sequence)
    if (code != 0) append_character(text, code);
}

void append_upper(std::string& text, std::int32_t code) {
  if (const SpecialCase* special = special_case(code)) return append_sequence(text, special->upper);
  append_character(text, utf8proc_toupper(code));
}

void append_title(std::string& text, std::int32_t code) {
  if (const SpecialCase* special = special_case(code)) return append_sequence(text, special->title);
  append_character(text, utf8proc_totitle(code));
}

bool is_cased(std::int32_t code) {
  return is_upper_case(code) || is_lower_case(code) || is_title_case(code);
}

// Case_Ignorable (Unicode 3.13): marks, format and modifier characters, and the word-middle
// punctuation.
bool is_case_ignorable(std::int32_t code) {
  switch (code) {
    case '\'':
    case '.':
    case ':':
    case 0xB7:
    case 0x387:
    case 0x55F:
    case 0x5F4:
    case 0x2018:
    case 0x2019:
    case 0x2024:
    case 0x2027:
    case 0xFE13:
    case 0xFE52:
    case 0xFE55:
    case 0xFF07:
    case 0xFF0E:
    case 0xFF1A:
      return true;
    default:
      break;
  }
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return false;
  }
}

// Capital sigma ends a word: a letter before it and none behind it (SpecialCasing.txt,
// Final_Sigma).
bool is_final_sigma(std::string_view text, std::size_t at, bool follows_letter) {
  if (!follows_letter) return false;
  for (std::size_t next = at + 2; next < text.size();) {
    const Character character = character_at(text, next);
    if (!is_case_ignorable(character.code)) return !is_cased(character.code);
    next += character.bytes;
  }
  return true;
}

// Walks a text and lowers characters of it, minding what came before (final sigma).
class Lowering {
 public:
  explicit Lowering(std::string_view text) : text_(text) {}

  /// The next character is passed by unchanged.
  void pass(std::int32_t code) {
    if (!is_case_ignorable(code)) follows_letter_ = is_cased(code);
  }

  void append(std::string& result, std::size_t at, std::int32_t code) {
    constexpr std::int32_t kCapitalSigma = 0x3A3, kSigma = 0x3C3, kFinalSigma = 0x3C2;
    if (code == kCapitalSigma)
      append_character(result, is_final_sigma(text_, at, follows_letter_) ? kFinalSigma : kSigma);
    else if (code == 0x130)  // the only one whose lower case is two characters
      result += "i\xCC\x87";
    else
      append_character(result, utf8proc_tolower(code));
    pass(code);
  }

 private:
  std::string_view text_;
  bool follows_letter_ = false;
};

}  // namespace

std::string to_upper(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, bytes] = character_at(text, at);
    append_upper(result, code);
    at += bytes;
  }
  return result;
}

std::string to_lower(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  Lowering lowering(text);
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, bytes] = character_at(text, at);
    lowering.append(result, at, code);
    at += bytes;
  }
  return result;
}

std::string capitalize(std::string_view text) {
  std::string result;
  Lowering lowering(text);
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, bytes] = character_at(text, at);
    if (at == 0) {
      append_title(result, code);
      lowering.pass(code);
    } else {
      lowering.append(result, at, code);
    }
    at += bytes;
  }
  return result;
}

std::string to_title(std::string_view text) {
  std::string result;
  Lowering lowering(text);
  bool in_word = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, bytes] = character_at(text, at);
    if (in_word) {
      lowering.append(result, at, code);
    } else {
      append_title(result, code);
      lowering.pass(code);
    }
    in_word = is_cased(code);
    at += bytes;
  }
  return result;
}

std::string swap_case(std::string_view text) {
  std::string result;
  Lowering lowering(text);
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, bytes] = character_at(text, at);
    if (is_upper_case(code)) {
      lowering.append(result, at, code);
    } else {
      if (is_lower_case(code))
        append_upper(result, code);
      else
        append_character(result, code);
      lowering.pass(code);
    }
    at += bytes;
  }
  return result;
}

}  // namespace tenon::text::jinja
