#include "text/jinja/access.h"

#include <algorithm>
#include <array>
#include <optional>

#include "text/jinja/callables.h"
#include "text/jinja/characters.h"
#include "text/jinja/comparison.h"
#include "text/jinja/printing.h"
#include "text/jinja/scope.h"
#include "text/jinja/sequences.h"

namespace tenon::text::jinja {

namespace {

using Flavor = SequenceObject::Flavor;

// As jinja2.runtime.object_type_repr names a value in messages.
std::string described_type(const Value& value) {
  if (value.is_none()) return "None";
  return std::string(type_name(value)) + " object";
}

Value missing_attribute(Heap& heap, const Value& value, std::string_view name) {
  const bool is_internal =
      name.size() > 4 && name.substr(0, 2) == "__" && name.substr(name.size() - 2) == "__";
  if (is_internal)
    return heap.undefined("access to attribute " + quoted_text(name) + " of '" +
                          std::string(type_name(value)) + "' object is unsafe.");
  return heap.undefined(quoted_text(described_type(value)) + " has no attribute " +
                        quoted_text(name));
}

Value missing_element(Heap& heap, const Value& value, const Value& index) {
  if (const auto* name = index.get_if<StringObject>())
    return missing_attribute(heap, value, name->text);
  return heap.undefined(described_type(value) + " has no element " + representation(heap, index));
}

std::optional<Value> loop_attribute(Heap& heap, const LoopObject& loop, std::string_view name) {
  const auto length = static_cast<std::int64_t>(loop.items.size());
  const auto index = static_cast<std::int64_t>(loop.index);
  if (name == "index") return Value::integer(index + 1);
  if (name == "index0") return Value::integer(index);
  if (name == "revindex") return Value::integer(length - index);
  if (name == "revindex0") return Value::integer(length - index - 1);
  if (name == "first") return Value::boolean(index == 0);
  if (name == "last") return Value::boolean(index + 1 == length);
  if (name == "length") return Value::integer(length);
  if (name == "depth") return Value::integer(1);
  if (name == "depth0") return Value::integer(0);
  if (name == "previtem")
    return index == 0 ? heap.undefined("there is no previous item") : loop.items[loop.index - 1];
  if (name == "nextitem")
    return index + 1 == length ? heap.undefined("there is no next item")
                               : loop.items[loop.index + 1];
  return std::nullopt;
}

// What Python's getattr(value, name) gives.
std::optional<Value> own_attribute(Heap& heap, const Value& value, std::string_view name) {
  if (const auto* object = value.get_if<NamespaceObject>()) {
    const Value* found = object->attributes.find(name);
    return found == nullptr ? std::nullopt : std::optional(*found);
  }
  if (const auto* loop = value.get_if<LoopObject>())
    if (auto found = loop_attribute(heap, *loop, name)) return found;
  if (const auto* macro = value.get_if<MacroObject>(); macro != nullptr && name == "name")
    return heap.string(std::string(macro->name));
  const MethodEntry* method = find_method(value, name);
  if (method == nullptr) return std::nullopt;
  if (method->body == nullptr)
    throw Error(ErrorKind::Unsupported, "the attribute " + quoted(name, 40) +
                                            " of a value of type " + std::string(type_name(value)) +
                                            " is not in the subset of Jinja");
  return heap.make<MethodObject>(0, value, *method);
}

// Python's value[index] for an integer.
std::optional<Value> item_at(Heap& heap, const Value& value, std::int64_t index) {
  std::int64_t length = 0;
  auto* string = value.get_if<StringObject>();
  const auto* sequence = value.get_if<SequenceObject>();
  if (string != nullptr) {
    length = length_of(*string);
  } else if (sequence != nullptr && sequence->flavor <= Flavor::Range) {
    length = static_cast<std::int64_t>(sequence->items.size());
  } else {
    return std::nullopt;
  }
  if (index < 0 && index >= -length) index += length;
  if (index < 0 || index >= length) return std::nullopt;
  if (sequence != nullptr) return sequence->items[static_cast<std::size_t>(index)];
  const std::string& text = string->text;
  if (length == static_cast<std::int64_t>(text.size()))
    return heap.string(text.substr(static_cast<std::size_t>(index), 1), string->is_markup);
  heap.spend_text(text.size());
  const std::size_t at = offset_of(text, index);
  return heap.string(text.substr(at, character_at(text, at).bytes), string->is_markup);
}

bool can_be_key(const Value& value) {
  const auto* sequence = value.get_if<SequenceObject>();
  const bool is_tuple = sequence != nullptr && sequence->flavor == Flavor::Tuple;
  if (is_tuple) return std::all_of(sequence->items.begin(), sequence->items.end(), can_be_key);
  return sequence == nullptr && !value.is(Type::Dict);
}

}  // namespace

Value attribute(Heap& heap, const Value& value, std::string_view name) {
  require_defined(value);
  if (auto found = own_attribute(heap, value, name)) return *found;
  if (const auto* dict = value.get_if<DictObject>()) {
    heap.spend_text(name.size());
    if (const Value* found = dict->dict.find(name)) return *found;
  }
  return missing_attribute(heap, value, name);
}

Value subscript(Heap& heap, const Value& value, const Value& index) {
  require_defined(value);
  if (const auto* dict = value.get_if<DictObject>()) {
    if (can_be_key(index))
      if (const Value* found = dict->dict.find(index)) return *found;
  } else if (index.is_integral()) {
    if (auto found = item_at(heap, value, index.as_integer())) return *found;
  }
  if (const auto* name = index.get_if<StringObject>())
    if (auto found = own_attribute(heap, value, name->text)) return *found;
  return missing_element(heap, value, index);
}

}  // namespace tenon::text::jinja
