#include <array>

#include "text/jinja/arithmetic.h"
#include "text/jinja/callables.h"
#include "text/jinja/characters.h"
#include "text/jinja/comparison.h"
#include "text/jinja/filters.h"
#include "text/jinja/printing.h"
#include "text/jinja/sequences.h"

/// Tests: what may stand behind "is".
namespace tenon::text::jinja {

namespace {

struct TestEntry {
  using Body = bool (*)(Heap& heap, const Value& value, const Value& other);
  std::string_view name;
  int operands;  // behind the name: 0 or 1
  Body body;
};

template <Type kType>
bool is_of_type(Heap&, const Value& value, const Value&) {
  return value.is(kType);
}

bool is_divisible(Heap& heap, const Value& value, const Value& by) {
  const Value rest = arithmetic(heap, BinaryOperator::Modulo, value, by);
  return equal(rest, Value::integer(0));
}

bool is_even(Heap& heap, const Value& value, const Value&) {
  return is_divisible(heap, value, Value::integer(2));
}

bool is_odd(Heap& heap, const Value& value, const Value&) {
  return equal(arithmetic(heap, BinaryOperator::Modulo, value, Value::integer(2)),
               Value::integer(1));
}

bool is_sequence(Heap&, const Value& value, const Value&) {
  const auto* sequence = value.get_if<SequenceObject>();
  if (sequence != nullptr) return sequence->flavor <= SequenceObject::Flavor::Range;
  return value.is_undefined() || value.is(Type::String) || value.is(Type::Dict);
}

bool is_callable(Heap&, const Value& value, const Value&) {
  return value.is(Type::Macro) || value.is(Type::Function) || value.is(Type::Method) ||
         value.is(Type::Loop) || value.is_undefined();
}

bool is_same_truth(const Value& value, bool truth) {
  return value.is(Type::Boolean) && value.as_boolean() == truth;
}

template <bool kUpper>
bool is_cased(Heap& heap, const Value& value, const Value&) {
  return has_case(to_text(heap, value), kUpper);
}

bool names_filter(Heap&, const Value& value, const Value&) {
  const auto* name = value.get_if<StringObject>();
  return name != nullptr && has_filter(name->text);
}

bool names_test(Heap&, const Value& value, const Value&) {
  const auto* name = value.get_if<StringObject>();
  return name != nullptr && has_test(name->text);
}

using V = const Value&;

constexpr std::array<TestEntry, 39> kTests{{
    {"!=", 1, [](Heap&, V a, V b) { return !equal(a, b); }},
    {"<", 1, [](Heap&, V a, V b) { return less(a, b); }},
    {"<=", 1, [](Heap&, V a, V b) { return less(a, b) || equal(a, b); }},
    {"==", 1, [](Heap&, V a, V b) { return equal(a, b); }},
    {">", 1, [](Heap&, V a, V b) { return less(b, a); }},
    {">=", 1, [](Heap&, V a, V b) { return less(b, a) || equal(a, b); }},
    {"boolean", 0, is_of_type<Type::Boolean>},
    {"callable", 0, is_callable},
    {"defined", 0, [](Heap&, V a, V) { return !a.is_undefined(); }},
    {"divisibleby", 1, is_divisible},
    {"eq", 1, [](Heap&, V a, V b) { return equal(a, b); }},
    {"equalto", 1, [](Heap&, V a, V b) { return equal(a, b); }},
    {"escaped", 0,
     [](Heap&, V a, V) { return a.is(Type::String) && a.as<StringObject>().is_markup; }},
    {"even", 0, is_even},
    {"false", 0, [](Heap&, V a, V) { return is_same_truth(a, false); }},
    {"filter", 0, names_filter},
    {"float", 0, is_of_type<Type::Float>},
    {"ge", 1, [](Heap&, V a, V b) { return less(b, a) || equal(a, b); }},
    {"greaterthan", 1, [](Heap&, V a, V b) { return less(b, a); }},
    {"gt", 1, [](Heap&, V a, V b) { return less(b, a); }},
    {"in", 1, [](Heap&, V a, V b) { return contains(b, a); }},
    {"integer", 0, is_of_type<Type::Integer>},
    {"iterable", 0, [](Heap&, V a, V) { return is_iterable(a); }},
    {"le", 1, [](Heap&, V a, V b) { return less(a, b) || equal(a, b); }},
    {"lessthan", 1, [](Heap&, V a, V b) { return less(a, b); }},
    {"lower", 0, is_cased<false>},
    {"lt", 1, [](Heap&, V a, V b) { return less(a, b); }},
    {"mapping", 0, is_of_type<Type::Dict>},
    {"ne", 1, [](Heap&, V a, V b) { return !equal(a, b); }},
    {"none", 0, is_of_type<Type::None>},
    {"number", 0, [](Heap&, V a, V) { return a.is_number(); }},
    {"odd", 0, is_odd},
    {"sameas", 1, [](Heap&, V a, V b) { return a.same_as(b); }},
    {"sequence", 0, is_sequence},
    {"string", 0, is_of_type<Type::String>},
    {"test", 0, names_test},
    {"true", 0, [](Heap&, V a, V) { return is_same_truth(a, true); }},
    {"undefined", 0, is_of_type<Type::Undefined>},
    {"upper", 0, is_cased<true>},
}};

const TestEntry* find_test(std::string_view name) {
  for (const TestEntry& entry : kTests)
    if (entry.name == name) return &entry;
  return nullptr;
}

}  // namespace

bool has_test(std::string_view name) {
  return find_test(name) != nullptr;
}

bool apply_test(Heap& heap, std::string_view name, const Value& value, const Arguments& arguments) {
  const TestEntry* test = find_test(name);
  if (test == nullptr) throw Error(ErrorKind::Unsupported, "there is no test " + quoted(name, 40));
  heap.spend(1);
  if (!arguments.named.empty() ||
      arguments.positional.size() != static_cast<std::size_t>(test->operands))
    throw Error(ErrorKind::Input, "the test " + quoted(name, 40) + " takes " +
                                      (test->operands == 0 ? "no operand" : "one operand"));
  return test->body(heap, value, test->operands == 0 ? value : arguments.positional[0]);
}

}  // namespace tenon::text::jinja
