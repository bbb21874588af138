#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Text as Python sees it: a sequence of characters (code points), stored as UTF-8. A byte that is
/// not part of valid UTF-8 counts as one character and is kept as it is.
namespace tenon::text::jinja {

struct Character {
  std::int32_t code = 0;  // code point; 0xDC00 + byte for an invalid byte (PEP 383)
  std::size_t bytes = 0;  // how many it takes
};

/// The character at `offset` < text.size().
Character character_at(std::string_view text, std::size_t offset);
void append_character(std::string& text, std::int32_t code);

std::int64_t count_characters(std::string_view text);
/// Byte offset of character `index`; text.size() past the end.
std::size_t offset_of(std::string_view text, std::int64_t index);

bool is_ascii(std::string_view text);
bool is_space(std::int32_t code);         // str.isspace
bool is_printable(std::int32_t code);     // repr() shows it as it is
bool is_letter(std::int32_t code);        // str.isalpha
bool is_decimal(std::int32_t code);       // str.isdecimal
bool is_digit(std::int32_t code);         // str.isdigit
bool is_alphanumeric(std::int32_t code);  // str.isalnum
bool is_upper_case(std::int32_t code);    // str.isupper of one character
bool is_lower_case(std::int32_t code);    // str.islower of one character
bool is_title_case(std::int32_t code);
/// str.isupper or str.islower: a cased character is there, and none of another case.
bool has_case(std::string_view text, bool is_upper);
bool starts_identifier(std::int32_t code);
bool continues_identifier(std::int32_t code);

/// Full case mappings (SpecialCasing.txt without locales; lower() minds the final sigma).
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
std::string to_title(std::string_view text);    // str.title: every run of letters
std::string capitalize(std::string_view text);  // str.capitalize: the first character
std::string swap_case(std::string_view text);

}  // namespace tenon::text::jinja
