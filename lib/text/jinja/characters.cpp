#include "text/jinja/characters.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace tenon::text::jinja {

Character character_at(std::string_view text, std::size_t offset) {
  const auto byte = static_cast<unsigned char>(text[offset]);
  if (byte < 0x80) return {byte, 1};
  utf8proc_int32_t code = 0;
  const auto length =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + offset),
                       static_cast<utf8proc_ssize_t>(text.size() - offset), &code);
  if (length <= 0) return {0xDC00 + byte, 1};
  return {code, static_cast<std::size_t>(length)};
}

void append_character(std::string& text, std::int32_t code) {
  if (code >= 0xDC80 && code <= 0xDCFF) {  // an invalid byte, given back as it came
    text += static_cast<char>(code - 0xDC00);
    return;
  }
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto length = utf8proc_encode_char(code, bytes.data());
  text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
}

std::int64_t count_characters(std::string_view text) {
  if (is_ascii(text)) return static_cast<std::int64_t>(text.size());
  std::int64_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += character_at(text, at).bytes) ++count;
  return count;
}

std::size_t offset_of(std::string_view text, std::int64_t index) {
  std::size_t at = 0;
  for (std::int64_t i = 0; i < index && at < text.size(); ++i) at += character_at(text, at).bytes;
  return at;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

namespace {

struct CodeRange {
  std::int32_t first, last;
};

template <std::size_t N>
bool is_in(const std::array<CodeRange, N>& ranges, std::int32_t code) {
  return std::any_of(ranges.begin(), ranges.end(), [code](const CodeRange& range) {
    return code >= range.first && code <= range.last;
  });
}

utf8proc_category_t category(std::int32_t code) {
  return utf8proc_category(code);
}

}  // namespace

bool is_space(std::int32_t code) {
  if (code < 0x80) return (code >= 9 && code <= 13) || (code >= 0x1C && code <= 0x20);
  return code == 0x85 || category(code) == UTF8PROC_CATEGORY_ZS || code == 0x2028 || code == 0x2029;
}

bool is_printable(std::int32_t code) {
  if (code == ' ') return true;
  switch (category(code)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    default:
      return true;
  }
}

bool is_letter(std::int32_t code) {
  const auto kind = category(code);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool is_decimal(std::int32_t code) {
  return category(code) == UTF8PROC_CATEGORY_ND;
}

bool is_digit(std::int32_t code) {
  // Numeric_Type=Digit (DerivedNumericType.txt): superscripts, circled digits and the like.
  static constexpr std::array<CodeRange, 19> kDigits{{{0xB2, 0xB3},
                                                      {0xB9, 0xB9},
                                                      {0x1369, 0x1371},
                                                      {0x19DA, 0x19DA},
                                                      {0x2070, 0x2070},
                                                      {0x2074, 0x2079},
                                                      {0x2080, 0x2089},
                                                      {0x2460, 0x2468},
                                                      {0x2474, 0x247C},
                                                      {0x2488, 0x2490},
                                                      {0x24EA, 0x24EA},
                                                      {0x24F5, 0x24FD},
                                                      {0x24FF, 0x24FF},
                                                      {0x2776, 0x277E},
                                                      {0x2780, 0x2788},
                                                      {0x278A, 0x2792},
                                                      {0x10A40, 0x10A43},
                                                      {0x11052, 0x1105A},
                                                      {0x10E60, 0x10E68}}};
  return is_decimal(code) || is_in(kDigits, code) || (code >= 0x1F100 && code <= 0x1F10A);
}

bool is_alphanumeric(std::int32_t code) {
  const auto kind = category(code);
  return is_letter(code) || kind == UTF8PROC_CATEGORY_ND || kind == UTF8PROC_CATEGORY_NL ||
         kind == UTF8PROC_CATEGORY_NO;
}

bool is_upper_case(std::int32_t code) {
  // Lu and Other_Uppercase (PropList.txt).
  static constexpr std::array<CodeRange, 5> kOther{{{0x2160, 0x216F},
                                                    {0x24B6, 0x24CF},
                                                    {0x1F130, 0x1F149},
                                                    {0x1F150, 0x1F169},
                                                    {0x1F170, 0x1F189}}};
  return category(code) == UTF8PROC_CATEGORY_LU || is_in(kOther, code);
}

bool is_lower_case(std::int32_t code) {
  // Ll and Other_Lowercase (PropList.txt).
  static constexpr std::array<CodeRange, 26> kOther{
      {{0xAA, 0xAA},       {0xBA, 0xBA},       {0x2B0, 0x2B8},     {0x2C0, 0x2C1},
       {0x2E0, 0x2E4},     {0x345, 0x345},     {0x37A, 0x37A},     {0x1D2C, 0x1D6A},
       {0x1D78, 0x1D78},   {0x1D9B, 0x1DBF},   {0x2071, 0x2071},   {0x207F, 0x207F},
       {0x2090, 0x209C},   {0x2170, 0x217F},   {0x24D0, 0x24E9},   {0x2C7C, 0x2C7D},
       {0xA69C, 0xA69D},   {0xA770, 0xA770},   {0xA7F8, 0xA7F9},   {0xAB5C, 0xAB5F},
       {0x10780, 0x10780}, {0x10783, 0x10785}, {0x10787, 0x107B0}, {0x107B2, 0x107BA},
       {0x1DF25, 0x1DF2A}, {0x1E030, 0x1E06D}}};
  return category(code) == UTF8PROC_CATEGORY_LL || is_in(kOther, code);
}

bool is_title_case(std::int32_t code) {
  return category(code) == UTF8PROC_CATEGORY_LT;
}

bool has_case(std::string_view text, bool is_upper) {
  bool has_cased = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, bytes] = character_at(text, at);
    const bool upper = is_upper_case(code), lower = is_lower_case(code);
    if (is_title_case(code) || (is_upper ? lower : upper)) return false;
    has_cased = has_cased || upper || lower;
    at += bytes;
  }
  return has_cased;
}

bool starts_identifier(std::int32_t code) {
  return code == '_' || is_letter(code) || category(code) == UTF8PROC_CATEGORY_NL;
}

bool continues_identifier(std::int32_t code) {
  const auto kind = category(code);
  return starts_identifier(code) || kind == UTF8PROC_CATEGORY_MN || kind == UTF8PROC_CATEGORY_MC ||
         kind == UTF8PROC_CATEGORY_ND || kind == UTF8PROC_CATEGORY_PC;
}

}  // namespace tenon::text::jinja
