#include "text/jinja/number_format.h"

#include <cmath>
#include <cstdio>

#include "text/jinja/characters.h"

namespace tenon::text::jinja {

namespace {

constexpr std::int64_t kMaxPrecision = 1000;

std::string digits_of(std::uint64_t value, unsigned base, bool is_upper) {
  const char* letters = is_upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string digits;
  do {
    digits.insert(digits.begin(), letters[value % base]);
    value /= base;
  } while (value != 0);
  return digits;
}

void insert_commas(std::string& number) {
  std::size_t end = number.find_first_of(".e%");
  if (end == std::string::npos) end = number.size();
  for (std::size_t at = end; at > 3; at -= 3) number.insert(at - 3, 1, ',');
}

// Sign, prefix and digits, padded: zeros of '=' go between.
std::string assemble(const FormatSpec& spec, bool is_negative, const std::string& prefix,
                     std::string digits) {
  if (spec.has_commas) insert_commas(digits);
  std::string front = is_negative ? "-" : spec.sign == '-' ? "" : std::string(1, spec.sign);
  front += prefix;
  if (spec.align != '=') return pad(spec, front + digits, '>');
  FormatSpec inner = spec;
  inner.align = '>';
  inner.width -= static_cast<std::int64_t>(front.size());
  return front + pad(inner, digits, '>');
}

std::string print_real(double value, char type, std::int64_t precision, bool alternate) {
  if (precision > kMaxPrecision)
    throw Error(ErrorKind::Unsupported, "a format asks for more than 1000 digits");
  const std::string format = std::string("%") + (alternate ? "#" : "") + ".*" + type;
  const int digits = static_cast<int>(precision < 0 ? 6 : precision);
  const int size = std::snprintf(nullptr, 0, format.c_str(), digits, value);
  std::string text(static_cast<std::size_t>(size) + 1, '\0');
  std::snprintf(text.data(), text.size(), format.c_str(), digits, value);
  text.pop_back();
  return text;
}

}  // namespace

void fail_format(std::string_view format, const std::string& why) {
  throw Error(ErrorKind::Input, "the format " + quoted(format, 60) + " " + why);
}

std::int64_t read_number(std::string_view format, std::size_t& at) {
  std::int64_t value = 0;
  while (at < format.size() && format[at] >= '0' && format[at] <= '9') {
    value = value * 10 + (format[at++] - '0');
    if (value > 9'999'999) fail_format(format, "asks for too wide a field");
  }
  return value;
}

std::string pad(const FormatSpec& spec, const std::string& text, char default_align) {
  const std::int64_t missing = spec.width - count_characters(text);
  if (missing <= 0) return text;
  const char align = spec.align == '\0' ? default_align : spec.align;
  const std::int64_t before = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
  std::string result;
  for (std::int64_t i = 0; i < before; ++i) result += spec.fill;
  result += text;
  for (std::int64_t i = before; i < missing; ++i) result += spec.fill;
  return result;
}

std::string format_integer(const FormatSpec& spec, std::int64_t value) {
  const bool is_negative = value < 0;
  const auto magnitude = is_negative ? std::uint64_t{0} - static_cast<std::uint64_t>(value)
                                     : static_cast<std::uint64_t>(value);
  const char lower = static_cast<char>(spec.type | 0x20);
  const unsigned base = lower == 'x' ? 16 : lower == 'o' ? 8 : lower == 'b' ? 2 : 10;
  std::string digits = digits_of(magnitude, base, spec.type == 'X');
  if (spec.precision > kMaxPrecision)
    throw Error(ErrorKind::Unsupported, "a format asks for more than 1000 digits");
  if (spec.precision > static_cast<std::int64_t>(digits.size()))
    digits.insert(0, static_cast<std::size_t>(spec.precision) - digits.size(), '0');
  const std::string prefix = spec.alternate && base != 10 ? std::string("0") + spec.type : "";
  return assemble(spec, is_negative, prefix, std::move(digits));
}

std::string format_real(const FormatSpec& spec, double value) {
  const bool is_negative = std::signbit(value) && !std::isnan(value);
  const double magnitude = std::fabs(value);
  if (spec.type == '%')
    return assemble(spec, is_negative, "",
                    print_real(magnitude * 100, 'f', spec.precision, spec.alternate) + "%");
  return assemble(spec, is_negative, "",
                  print_real(magnitude, spec.type, spec.precision, spec.alternate));
}

}  // namespace tenon::text::jinja
