#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "text/jinja/value.h"

namespace tenon::text::jinja {

/// How one value is laid out: what stands between % and its letter, or behind the colon of {:...}.
struct FormatSpec {
  std::string fill = " ";  // one character
  char align = '\0';       // '<' '>' '^', '=' behind the sign
  char sign = '-';         // '-', '+', ' '
  bool alternate = false;  // #: 0x in front
  std::int64_t width = 0;
  std::int64_t precision = -1;  // -1: none
  bool has_commas = false;
  char type = '\0';  // d x X o b e E f F g G %, s; '\0': none given
};

/// "the format ... WHY".
[[noreturn]] void fail_format(std::string_view format, const std::string& why);
/// The decimal number at `at` of a format, which moves behind it; 0 where there is none. At most
/// seven digits: wider fields are refused before they are made.
std::int64_t read_number(std::string_view format, std::size_t& at);

/// Pads `text` to the width; `default_align` where the specification names none.
std::string pad(const FormatSpec& spec, const std::string& text, char default_align);
/// Digits of an integer (types d x X o b) or a double (e f g %), with sign, commas and padding.
std::string format_integer(const FormatSpec& spec, std::int64_t value);
std::string format_real(const FormatSpec& spec, double value);

}  // namespace tenon::text::jinja
