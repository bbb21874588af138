#include "text/jinja/comparison.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "text/jinja/heap.h"

namespace tenon::text::jinja {

namespace {

using Flavor = SequenceObject::Flavor;

void check_depth(int depth) {
  if (depth > kMaxValueDepth)
    throw Error(ErrorKind::Resource, "values are nested more than " +
                                         std::to_string(kMaxValueDepth) + " deep in the template");
}

// A 64-bit integer against a double, exactly: -1, 0, 1, or 2 for NaN.
int compare_exactly(std::int64_t a, double b) {
  if (std::isnan(b)) return 2;
  if (b >= 9223372036854775808.0) return -1;
  if (b < -9223372036854775808.0) return 1;
  const auto whole = static_cast<std::int64_t>(b);  // towards zero
  if (a != whole) return a < whole ? -1 : 1;
  const double rest = b - static_cast<double>(whole);
  return rest > 0 ? -1 : (rest < 0 ? 1 : 0);
}

int compare_numbers(const Value& a, const Value& b) {
  const bool a_is_real = a.is(Type::Float), b_is_real = b.is(Type::Float);
  if (!a_is_real && !b_is_real)
    return a.as_integer() < b.as_integer() ? -1 : a.as_integer() > b.as_integer();
  if (a_is_real && b_is_real) {
    const double x = a.as_real(), y = b.as_real();
    if (std::isnan(x) || std::isnan(y)) return 2;
    return x < y ? -1 : x > y;
  }
  if (b_is_real) return compare_exactly(a.as_integer(), b.as_real());
  const int reverse = compare_exactly(b.as_integer(), a.as_real());
  return reverse == 2 ? 2 : -reverse;
}

bool equal_at(const Value& a, const Value& b, int depth);

bool equal_sequences(const SequenceObject& a, const SequenceObject& b, int depth) {
  if (a.flavor != b.flavor) return false;
  if (a.flavor == Flavor::Generator || a.flavor == Flavor::Values) return &a == &b;
  if (a.items.size() != b.items.size()) return false;
  a.heap().spend(static_cast<std::int64_t>(a.items.size()));
  for (std::size_t i = 0; i < a.items.size(); ++i)
    if (!equal_at(a.items[i], b.items[i], depth + 1)) return false;
  return true;
}

bool equal_dicts(const Dict& a, const Dict& b, int depth) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a.entries()) {
    const Value* other = b.find(key);
    if (other == nullptr || !equal_at(value, *other, depth + 1)) return false;
  }
  return true;
}

bool equal_at(const Value& a, const Value& b, int depth) {
  check_depth(depth);
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
  if (a.type() != b.type()) return false;
  if (a.is_none() || a.is_undefined()) return true;
  if (a.object() == b.object()) return true;
  a.object()->heap().spend(1);
  if (const auto* string = a.get_if<StringObject>()) {
    string->heap().spend_text(string->text.size());
    return string->text == b.as<StringObject>().text;
  }
  if (const auto* sequence = a.get_if<SequenceObject>())
    return equal_sequences(*sequence, b.as<SequenceObject>(), depth);
  if (const auto* dict = a.get_if<DictObject>())
    return equal_dicts(dict->dict, b.as<DictObject>().dict, depth);
  return false;  // namespaces, macros: the same object or not
}

bool less_at(const Value& a, const Value& b, int depth) {
  check_depth(depth);
  require_defined(a);
  require_defined(b);
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == -1;
  if (a.is(Type::String) && b.is(Type::String)) {
    const std::string& x = a.as<StringObject>().text;
    const std::string& y = b.as<StringObject>().text;
    a.object()->heap().spend_text(std::min(x.size(), y.size()));
    return x < y;  // the order of UTF-8 bytes is the order of characters
  }
  const auto* x = a.get_if<SequenceObject>();
  const auto* y = b.get_if<SequenceObject>();
  if (x != nullptr && y != nullptr && x->flavor == y->flavor &&
      (x->flavor == Flavor::List || x->flavor == Flavor::Tuple)) {
    const std::size_t shorter = std::min(x->items.size(), y->items.size());
    for (std::size_t i = 0; i < shorter; ++i) {
      x->heap().spend(1);
      if (!equal_at(x->items[i], y->items[i], depth + 1))
        return less_at(x->items[i], y->items[i], depth + 1);
    }
    return x->items.size() < y->items.size();
  }
  fail_type("'<' not supported between instances of '" + std::string(type_name(a)) + "' and '" +
            std::string(type_name(b)) + "'");
}

std::size_t hash_at(const Value& value, int depth) {
  check_depth(depth);
  if (value.is(Type::Float)) {
    const double real = value.as_real();
    if (real >= -9.2e18 && real <= 9.2e18 && real == std::floor(real))
      return std::hash<std::int64_t>{}(static_cast<std::int64_t>(real));
    return std::hash<double>{}(real);
  }
  if (value.is_integral()) return std::hash<std::int64_t>{}(value.as_integer());
  if (value.is_none() || value.is_undefined()) return 0x6E6F6E65;
  if (const auto* string = value.get_if<StringObject>()) {
    string->heap().spend_text(string->text.size());
    return hash_of(std::string_view(string->text));
  }
  if (const auto* sequence = value.get_if<SequenceObject>();
      sequence != nullptr && sequence->flavor == Flavor::Tuple) {
    std::size_t hash = 0x345678;
    for (const Value& item : sequence->items) {
      sequence->heap().spend(1);
      hash = hash * 1000003 ^ hash_at(item, depth + 1);
    }
    return hash;
  }
  if (value.is(Type::Sequence) || value.is(Type::Dict))
    fail_type("unhashable type: '" + std::string(type_name(value)) + "'");
  return std::hash<const void*>{}(value.object());
}

// Finds `needle` in linear time: a template chooses both.
bool contains_text(const StringObject& text, const StringObject& needle) {
  text.heap().spend_text(text.text.size() + needle.text.size());
  if (needle.text.empty()) return true;
  return ::memmem(text.text.data(), text.text.size(), needle.text.data(), needle.text.size()) !=
         nullptr;
}

bool contains_item(SequenceObject& sequence, const Value& item) {
  const bool is_generator = sequence.flavor == Flavor::Generator;
  for (std::size_t i = is_generator ? sequence.consumed : 0; i < sequence.items.size(); ++i) {
    sequence.heap().spend(1);
    if (is_generator) sequence.consumed = i + 1;
    if (equal(sequence.items[i], item)) return true;
  }
  return false;
}

std::string_view flavor_name(Flavor flavor) {
  switch (flavor) {
    case Flavor::List:
      return "list";
    case Flavor::Tuple:
      return "tuple";
    case Flavor::Range:
      return "range";
    case Flavor::Keys:
      return "dict_keys";
    case Flavor::Values:
      return "dict_values";
    case Flavor::Items:
      return "dict_items";
    case Flavor::Generator:
      return "generator";
  }
  return "object";
}

}  // namespace

std::string_view type_name(const Value& value) {
  switch (value.type()) {
    case Type::None:
      return "NoneType";
    case Type::Boolean:
      return "bool";
    case Type::Integer:
      return "int";
    case Type::Float:
      return "float";
    case Type::Undefined:
      return "Undefined";
    case Type::String:
      return value.as<StringObject>().is_markup ? "Markup" : "str";
    case Type::Dict:
      return "dict";
    case Type::Namespace:
      return "Namespace";
    case Type::Loop:
      return "LoopContext";
    case Type::Scope:
      return "Context";
    case Type::Macro:
      return "Macro";
    case Type::Function:
      return "function";
    case Type::Method:
      return "builtin_function_or_method";
    case Type::Sequence:
      break;
  }
  return flavor_name(value.as<SequenceObject>().flavor);
}

std::string quoted_type(const Value& value) {
  return std::string(1, '\'').append(type_name(value)).append(1, '\'');
}

bool is_true(const Value& value) {
  switch (value.type()) {
    case Type::None:
    case Type::Undefined:
      return false;
    case Type::Boolean:
    case Type::Integer:
      return value.as_integer() != 0;
    case Type::Float:
      return value.as_real() != 0.0;
    case Type::String:
      return !value.as<StringObject>().text.empty();
    case Type::Dict:
      return value.as<DictObject>().dict.size() != 0;
    case Type::Sequence: {
      const auto& sequence = value.as<SequenceObject>();
      return sequence.flavor == Flavor::Generator || !sequence.items.empty();
    }
    default:
      return true;
  }
}

bool equal(const Value& a, const Value& b) {
  return equal_at(a, b, 0);
}

bool less(const Value& a, const Value& b) {
  return less_at(a, b, 0);
}

std::size_t hash_of(const Value& value) {
  return hash_at(value, 0);
}

std::size_t hash_of(std::string_view text) {
  return std::hash<std::string_view>{}(text);
}

bool contains(const Value& container, const Value& item) {
  if (container.is_undefined()) return false;
  if (const auto* string = container.get_if<StringObject>()) {
    const auto* needle = item.get_if<StringObject>();
    if (needle == nullptr)
      fail_type("'in <string>' requires string as left operand, not " +
                std::string(type_name(item)));
    return contains_text(*string, *needle);
  }
  if (const auto* dict = container.get_if<DictObject>()) return dict->dict.find(item) != nullptr;
  if (auto* sequence = container.get_if<SequenceObject>()) return contains_item(*sequence, item);
  if (container.is(Type::Loop))
    throw Error(ErrorKind::Unsupported, "the template looks for a value in 'loop' itself");
  fail_type("argument of type '" + std::string(type_name(container)) + "' is not iterable");
}

void require_defined(const Value& value) {
  if (const auto* undefined = value.get_if<UndefinedObject>())
    throw Error(ErrorKind::Input, undefined->message);
}

void fail_type(std::string_view message) {
  throw Error(ErrorKind::Input, std::string(message));
}

}  // namespace tenon::text::jinja
