#include "text/jinja/arithmetic.h"

#include <cmath>

#include "text/jinja/comparison.h"
#include "text/jinja/formatting.h"
#include "text/jinja/printing.h"

namespace tenon::text::jinja {

namespace {

using Flavor = SequenceObject::Flavor;

[[noreturn]] void fail_overflow() {
  throw Error(ErrorKind::Unsupported, "the template computes an integer of more than 64 bits");
}

[[noreturn]] void fail_operands(std::string_view symbol, const Value& left, const Value& right) {
  require_defined(left);
  require_defined(right);
  fail_type("unsupported operand type(s) for " + std::string(symbol) + ": '" +
            std::string(type_name(left)) + "' and '" + std::string(type_name(right)) + "'");
}

[[noreturn]] void fail_zero() {
  throw Error(ErrorKind::Input, "division by zero");
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  if (b == -1) {
    std::int64_t result = 0;
    if (__builtin_sub_overflow(std::int64_t{0}, a, &result)) fail_overflow();
    return result;
  }
  const std::int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

std::int64_t floor_modulo(std::int64_t a, std::int64_t b) {
  if (b == -1) return 0;
  const std::int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

double floor_modulo(double a, double b) {
  const double rest = std::fmod(a, b);
  if (rest == 0.0) return std::copysign(0.0, b);
  return (rest < 0) != (b < 0) ? rest + b : rest;
}

double floor_divide(double a, double b) {
  const double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0.0 && (rest < 0) != (b < 0)) quotient -= 1.0;
  if (quotient == 0.0) return std::copysign(0.0, a / b);
  const double whole = std::floor(quotient);
  return quotient - whole > 0.5 ? whole + 1.0 : whole;
}

Value integer_power(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) {
    if (base == 0) fail_zero();
    return Value::real(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  }
  if (base == 0 || base == 1) return Value::integer(exponent == 0 ? 1 : base);
  if (base == -1) return Value::integer(exponent % 2 == 0 ? 1 : -1);
  std::int64_t result = 1;
  for (std::int64_t i = 0; i < exponent; ++i)  // at most 63 turns before it overflows
    if (__builtin_mul_overflow(result, base, &result)) fail_overflow();
  return Value::integer(result);
}

Value on_integers(BinaryOperator operation, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  switch (operation) {
    case BinaryOperator::Add:
      if (__builtin_add_overflow(a, b, &result)) fail_overflow();
      return Value::integer(result);
    case BinaryOperator::Subtract:
      if (__builtin_sub_overflow(a, b, &result)) fail_overflow();
      return Value::integer(result);
    case BinaryOperator::Multiply:
      if (__builtin_mul_overflow(a, b, &result)) fail_overflow();
      return Value::integer(result);
    case BinaryOperator::Power:
      return integer_power(a, b);
    default:
      break;
  }
  if (b == 0) fail_zero();
  if (operation == BinaryOperator::FloorDivide) return Value::integer(floor_divide(a, b));
  if (operation == BinaryOperator::Modulo) return Value::integer(floor_modulo(a, b));
  return Value::real(static_cast<double>(a) / static_cast<double>(b));
}

Value on_reals(BinaryOperator operation, double a, double b) {
  switch (operation) {
    case BinaryOperator::Add:
      return Value::real(a + b);
    case BinaryOperator::Subtract:
      return Value::real(a - b);
    case BinaryOperator::Multiply:
      return Value::real(a * b);
    case BinaryOperator::Power: {
      if (a == 0.0 && b < 0.0) fail_zero();
      const double result = std::pow(a, b);
      if (std::isnan(result) && !std::isnan(a) && !std::isnan(b))
        throw Error(ErrorKind::Unsupported, "the template computes a complex number");
      if (std::isinf(result) && std::isfinite(a) && std::isfinite(b))
        throw Error(ErrorKind::Input, "the power is outside the range of a double");
      return Value::real(result);
    }
    default:
      break;
  }
  if (b == 0.0) fail_zero();
  if (operation == BinaryOperator::FloorDivide) return Value::real(floor_divide(a, b));
  if (operation == BinaryOperator::Modulo) return Value::real(floor_modulo(a, b));
  return Value::real(a / b);
}

Value add_strings(Heap& heap, const StringObject& a, const StringObject& b) {
  heap.check_room(a.text.size() + b.text.size());
  if (!a.is_markup && !b.is_markup) return heap.string(a.text + b.text);
  const std::string left = a.is_markup ? a.text : escape_html(a.text);
  const std::string right = b.is_markup ? b.text : escape_html(b.text);
  return heap.string(left + right, true);
}

bool is_list_or_tuple(const Value& value) {
  const auto* sequence = value.get_if<SequenceObject>();
  return sequence != nullptr &&
         (sequence->flavor == Flavor::List || sequence->flavor == Flavor::Tuple);
}

Value add_sequences(Heap& heap, const SequenceObject& a, const SequenceObject& b) {
  heap.check_room((a.items.size() + b.items.size()) * sizeof(Value));
  std::vector<Value> items;
  items.reserve(a.items.size() + b.items.size());
  items.insert(items.end(), a.items.begin(), a.items.end());
  items.insert(items.end(), b.items.begin(), b.items.end());
  return heap.sequence(a.flavor, std::move(items));
}

// How often `size` units of `bytes` may be repeated; a negative count is none.
std::size_t repeat_count(Heap& heap, std::int64_t count, std::size_t size, std::size_t bytes) {
  if (count <= 0 || size == 0) return 0;
  std::size_t total = 0;
  if (__builtin_mul_overflow(static_cast<std::size_t>(count), size, &total) ||
      __builtin_mul_overflow(total, bytes, &total))
    total = static_cast<std::size_t>(-1);
  heap.check_room(total);
  return static_cast<std::size_t>(count);
}

Value repeat(Heap& heap, const Value& value, std::int64_t count) {
  if (const auto* string = value.get_if<StringObject>()) {
    const std::size_t times = repeat_count(heap, count, string->text.size(), 1);
    std::string result;
    result.reserve(times * string->text.size());
    for (std::size_t i = 0; i < times; ++i) result += string->text;
    return heap.string(std::move(result), string->is_markup);
  }
  const auto& sequence = value.as<SequenceObject>();
  const std::size_t times = repeat_count(heap, count, sequence.items.size(), sizeof(Value));
  std::vector<Value> items;
  items.reserve(times * sequence.items.size());
  for (std::size_t i = 0; i < times; ++i)
    items.insert(items.end(), sequence.items.begin(), sequence.items.end());
  return heap.sequence(sequence.flavor, std::move(items));
}

bool can_repeat(const Value& value) {
  return value.is(Type::String) || is_list_or_tuple(value);
}

std::string_view symbol_of(BinaryOperator operation) {
  switch (operation) {
    case BinaryOperator::And:
      return "and";
    case BinaryOperator::Or:
      return "or";
    case BinaryOperator::Add:
      return "+";
    case BinaryOperator::Subtract:
      return "-";
    case BinaryOperator::Multiply:
      return "*";
    case BinaryOperator::Divide:
      return "/";
    case BinaryOperator::FloorDivide:
      return "//";
    case BinaryOperator::Modulo:
      return "%";
    case BinaryOperator::Power:
      return "** or pow()";
  }
  return {};
}

}  // namespace

Value arithmetic(Heap& heap, BinaryOperator operation, const Value& left, const Value& right) {
  if (left.is_integral() && right.is_integral())
    return on_integers(operation, left.as_integer(), right.as_integer());
  if (left.is_number() && right.is_number())
    return on_reals(operation, left.as_real(), right.as_real());
  if (operation == BinaryOperator::Add) {
    if (left.is(Type::String) && right.is(Type::String))
      return add_strings(heap, left.as<StringObject>(), right.as<StringObject>());
    if (is_list_or_tuple(left) && is_list_or_tuple(right) &&
        left.as<SequenceObject>().flavor == right.as<SequenceObject>().flavor)
      return add_sequences(heap, left.as<SequenceObject>(), right.as<SequenceObject>());
  }
  if (operation == BinaryOperator::Multiply) {
    if (can_repeat(left) && right.is_integral()) return repeat(heap, left, right.as_integer());
    if (can_repeat(right) && left.is_integral()) return repeat(heap, right, left.as_integer());
  }
  if (operation == BinaryOperator::Modulo && left.is(Type::String))
    return percent_format(heap, left.as<StringObject>(), right);
  fail_operands(symbol_of(operation), left, right);
}

Value negative(const Value& value) {
  require_defined(value);
  if (value.is(Type::Float)) return Value::real(-value.as_real());
  if (!value.is_integral())
    fail_type("bad operand type for unary -: '" + std::string(type_name(value)) + "'");
  return on_integers(BinaryOperator::Subtract, 0, value.as_integer());
}

Value positive(const Value& value) {
  require_defined(value);
  if (value.is(Type::Float)) return value;
  if (!value.is_integral())
    fail_type("bad operand type for unary +: '" + std::string(type_name(value)) + "'");
  return Value::integer(value.as_integer());
}

std::string escape_html(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&#34;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

}  // namespace tenon::text::jinja
