#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "text/jinja/arithmetic.h"
#include "text/jinja/comparison.h"
#include "text/jinja/filters.h"
#include "text/jinja/text_operations.h"

/// Filters that make numbers: int, float, abs, round.
namespace tenon::text::jinja {

namespace {

// Digits with single underscores between them, without these; nothing if one stands elsewhere.
std::optional<std::string> without_underscores(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      result += text[i];
      continue;
    }
    const auto is_digit = [&](std::size_t at) {
      return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at])) != 0;
    };
    if (i == 0 || !is_digit(i - 1) || !is_digit(i + 1)) return std::nullopt;
  }
  return result;
}

// As Python's int(text, base).
std::optional<std::int64_t> parse_integer(std::string_view text, std::int64_t base) {
  const auto plain = without_underscores(strip_spaces(text, Side::Both));
  if (!plain) return std::nullopt;
  std::string_view digits = *plain;
  const bool is_negative = digits.starts_with('-');
  if (is_negative || digits.starts_with('+')) digits.remove_prefix(1);
  const char letter =
      digits.size() > 2 && digits[0] == '0' ? static_cast<char>(digits[1] | 0x20) : '\0';
  const std::int64_t prefixed = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
  if (prefixed != 0 && (base == prefixed || base == 0)) {
    digits.remove_prefix(2);
    base = prefixed;
  }
  if (base == 0) base = 10;
  std::uint64_t magnitude = 0;
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, magnitude, static_cast<int>(base));
  if (result.ec == std::errc::result_out_of_range ||
      magnitude > static_cast<std::uint64_t>(INT64_MAX))
    throw Error(ErrorKind::Unsupported, "the text of an integer of more than 64 bits");
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  const auto value = static_cast<std::int64_t>(magnitude);
  return is_negative ? -value : value;
}

// As Python's float(text).
std::optional<double> parse_real(std::string_view text) {
  const auto plain = without_underscores(strip_spaces(text, Side::Both));
  if (!plain) return std::nullopt;
  std::string_view digits = *plain;
  if (digits.starts_with('+')) {
    digits.remove_prefix(1);
    if (digits.starts_with('-')) return std::nullopt;
  }
  double value = 0.0;
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, value);
  if (result.ptr != end || digits.empty() || digits.back() == ')') return std::nullopt;
  if (result.ec == std::errc::result_out_of_range) return std::strtod(plain->c_str(), nullptr);
  if (result.ec != std::errc()) return std::nullopt;
  return value;
}

std::optional<Value> whole(double real) {
  if (std::isnan(real) || std::isinf(real)) return std::nullopt;
  const double truncated = std::trunc(real);
  if (std::fabs(truncated) >= 9223372036854775808.0)
    throw Error(ErrorKind::Unsupported, "the template computes an integer of more than 64 bits");
  return Value::integer(static_cast<std::int64_t>(truncated));
}

Value to_int(Heap&, const Value& input, const Arguments& arguments) {
  const Parameters bound("int", arguments, {"default", "base"});
  require_defined(input);
  const Value fallback = bound.has(0) ? bound[0] : Value::integer(0);
  if (input.is_integral()) return Value::integer(input.as_integer());
  if (input.is(Type::Float)) {
    if (std::isinf(input.as_real())) fail_type("cannot convert float infinity to integer");
    return whole(input.as_real()).value_or(fallback);
  }
  const auto* string = input.get_if<StringObject>();
  if (string == nullptr) return fallback;
  const std::int64_t base = bound.integer(1, 10);
  const bool is_base = base == 0 || (base >= 2 && base <= 36);
  if (is_base)
    if (const auto value = parse_integer(string->text, base)) return Value::integer(*value);
  const auto real = parse_real(string->text);
  return real ? whole(*real).value_or(fallback) : fallback;
}

Value to_float(Heap&, const Value& input, const Arguments& arguments) {
  const Parameters bound("float", arguments, {"default"});
  require_defined(input);
  if (input.is_number()) return Value::real(input.as_real());
  if (const auto* string = input.get_if<StringObject>())
    if (const auto value = parse_real(string->text)) return Value::real(*value);
  return bound.has(0) ? bound[0] : Value::real(0.0);
}

Value absolute(Heap&, const Value& input, const Arguments& arguments) {
  const Parameters none("abs", arguments, {});
  require_defined(input);
  if (input.is(Type::Float)) return Value::real(std::fabs(input.as_real()));
  if (!input.is_integral())
    fail_type("bad operand type for abs(): '" + std::string(type_name(input)) + "'");
  return input.as_integer() < 0 ? negative(input) : Value::integer(input.as_integer());
}

// The nearest multiple of 10^-digits, ties to even on the exact binary value, as Python's round.
double round_real(double value, std::int64_t digits) {
  if (!std::isfinite(value) || digits > 330) return value;
  if (digits < 0) {
    const double unit = std::pow(10.0, static_cast<double>(-digits));
    return std::isinf(unit) ? std::copysign(0.0, value) : std::nearbyint(value / unit) * unit;
  }
  const int size = std::snprintf(nullptr, 0, "%.*f", static_cast<int>(digits), value);
  std::string text(static_cast<std::size_t>(size) + 1, '\0');
  std::snprintf(text.data(), text.size(), "%.*f", static_cast<int>(digits), value);
  return std::strtod(text.c_str(), nullptr);
}

std::int64_t round_integer(std::int64_t value, std::int64_t digits) {
  if (digits >= 0) return value;
  if (digits < -18) return 0;
  std::int64_t unit = 1;
  for (std::int64_t i = digits; i < 0; ++i) unit *= 10;
  const std::int64_t rest = value % unit;
  const std::int64_t base = value - rest;  // towards zero
  const std::int64_t twice = 2 * (rest < 0 ? -rest : rest);
  const bool rounds_away = twice > unit || (twice == unit && (base / unit) % 2 != 0);
  if (!rounds_away) return base;
  std::int64_t result = 0;
  if (__builtin_add_overflow(base, value < 0 ? -unit : unit, &result))
    throw Error(ErrorKind::Unsupported, "the template computes an integer of more than 64 bits");
  return result;
}

Value round(Heap&, const Value& input, const Arguments& arguments) {
  const Parameters bound("round", arguments, {"precision", "method"});
  require_defined(input);
  const std::int64_t digits = bound.integer(0, 0);
  const std::string method = bound.text(1, "common");
  if (method != "common" && method != "ceil" && method != "floor")
    throw Error(ErrorKind::Input, "method must be common, ceil or floor");
  if (!input.is_number())
    fail_type("round needs a number, not a value of type " + std::string(type_name(input)));
  if (method == "common") {
    if (input.is(Type::Float)) return Value::real(round_real(input.as_real(), digits));
    return Value::integer(round_integer(input.as_integer(), digits));
  }
  const double scale = std::pow(10.0, static_cast<double>(digits));
  const double scaled = input.as_real() * scale;
  return Value::real((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale);
}

constexpr std::array<FilterEntry, 4> kFilters{
    {{"abs", absolute}, {"float", to_float}, {"int", to_int}, {"round", round}}};

}  // namespace

std::span<const FilterEntry> number_filters() {
  return kFilters;
}

}  // namespace tenon::text::jinja
