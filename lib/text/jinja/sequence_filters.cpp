#include <algorithm>
#include <array>

#include "text/jinja/arithmetic.h"
#include "text/jinja/attribute_path.h"
#include "text/jinja/comparison.h"
#include "text/jinja/filters.h"
#include "text/jinja/printing.h"
#include "text/jinja/sequences.h"

/// Filters that count, order and join items.
namespace tenon::text::jinja {

namespace {

using Flavor = SequenceObject::Flavor;

Value length(Heap&, const Value& input, const Arguments& arguments) {
  const Parameters none("length", arguments, {});
  return Value::integer(length_of(input));
}

Value first(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters none("first", arguments, {});
  auto* sequence = input.get_if<SequenceObject>();
  if (sequence != nullptr && sequence->flavor == Flavor::Generator &&
      sequence->consumed < sequence->items.size())
    return sequence->items[sequence->consumed++];
  const std::vector<Value> items = items_of(heap, input);
  return items.empty() ? heap.undefined("No first item, sequence was empty.") : items.front();
}

// What Python's reversed() takes.
bool is_reversible(const Value& value) {
  const auto* sequence = value.get_if<SequenceObject>();
  return sequence == nullptr || sequence->flavor != Flavor::Generator;
}

Value last(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters none("last", arguments, {});
  if (!is_reversible(input)) fail_type("'generator' object is not reversible");
  const std::vector<Value> items = items_of(heap, input);
  return items.empty() ? heap.undefined("No last item, sequence was empty.") : items.back();
}

Value reverse(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters none("reverse", arguments, {});
  std::vector<Value> items = items_of(heap, input);
  std::reverse(items.begin(), items.end());
  if (const auto* string = input.get_if<StringObject>()) {
    std::string text;
    for (const Value& item : items) append_text(heap, text, item);
    return heap.string(std::move(text), string->is_markup);
  }
  return heap.sequence(is_reversible(input) ? Flavor::Generator : Flavor::List, std::move(items));
}

Value list(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters none("list", arguments, {});
  return heap.list(items_of(heap, input));
}

Value items(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters none("items", arguments, {});
  std::vector<Value> pairs;
  if (!input.is_undefined()) {
    if (!input.is(Type::Dict)) fail_type("Can only get item pairs from a mapping.");
    for (const auto& [key, value] : input.as<DictObject>().dict.entries())
      pairs.push_back(heap.tuple({key, value}));
  }
  return heap.sequence(Flavor::Generator, std::move(pairs));
}

Value join(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters bound("join", arguments, {"d", "attribute"});
  const std::string separator = bound.has(0) ? to_text(heap, bound[0]) : "";
  const AttributePath path(heap, bound[1]);
  std::string result;
  bool is_first = true;
  for (const Value& item : items_of(heap, input)) {
    if (!is_first) result += separator;
    is_first = false;
    append_text(heap, result, path.follow(heap, item));
    heap.check_room(result.size());
  }
  return heap.string(std::move(result));
}

Value default_value(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters bound("default", arguments, {"default_value", "boolean"});
  const bool replaces_false = bound.boolean(1, false);
  if (!input.is_undefined() && !(replaces_false && !is_true(input))) return input;
  return bound.has(0) ? bound[0] : heap.string("");
}

// Items with what they are ordered by.
struct Keyed {
  std::vector<Value> keys;
  Value item;
};

bool less_keys(Heap& heap, const std::vector<Value>& a, const std::vector<Value>& b) {
  heap.spend(1);
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!equal(a[i], b[i])) return less(a[i], b[i]);
  return false;
}

// Stable in both directions, as Python's sorted.
std::vector<Value> sorted(Heap& heap, std::vector<Keyed> keyed, bool is_reversed) {
  if (keyed.size() > 1)  // sorts that need no order do not ask for one
    std::stable_sort(keyed.begin(), keyed.end(), [&](const Keyed& a, const Keyed& b) {
      return is_reversed ? less_keys(heap, b.keys, a.keys) : less_keys(heap, a.keys, b.keys);
    });
  std::vector<Value> result;
  for (Keyed& entry : keyed) result.push_back(std::move(entry.item));
  return result;
}

Value sort(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters bound("sort", arguments, {"reverse", "case_sensitive", "attribute"});
  const bool minds_case = bound.boolean(1, false);
  const std::vector<AttributePath> paths = attribute_paths(heap, bound[2]);
  std::vector<Keyed> keyed;
  for (const Value& item : items_of(heap, input)) {
    Keyed entry;
    entry.item = item;
    for (const AttributePath& path : paths) {
      const Value key = path.follow(heap, item);
      entry.keys.push_back(minds_case ? key : without_case(heap, key));
    }
    keyed.push_back(std::move(entry));
  }
  return heap.list(sorted(heap, std::move(keyed), bound.boolean(0, false)));
}

Value dictsort(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters bound("dictsort", arguments, {"case_sensitive", "by", "reverse"});
  const std::string by = bound.text(1, "key");
  if (by != "key" && by != "value")
    throw Error(ErrorKind::Input, "dictsort sorts by \"key\" or by \"value\"");
  require_defined(input);
  if (!input.is(Type::Dict)) fail_type("dictsort needs a dict");
  std::vector<Keyed> keyed;
  for (const auto& [key, value] : input.as<DictObject>().dict.entries()) {
    const Value& chosen = by == "key" ? key : value;
    Keyed entry;
    entry.keys.push_back(bound.boolean(0, false) ? chosen : without_case(heap, chosen));
    entry.item = heap.tuple({key, value});
    keyed.push_back(std::move(entry));
  }
  return heap.list(sorted(heap, std::move(keyed), bound.boolean(2, false)));
}

Value unique(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters bound("unique", arguments, {"case_sensitive", "attribute"});
  const AttributePath path(heap, bound[1]);
  Value seen = heap.dict();
  std::vector<Value> result;
  for (const Value& item : items_of(heap, input)) {
    Value key = path.follow(heap, item);
    if (!bound.boolean(0, false)) key = without_case(heap, key);
    if (seen.as<DictObject>().dict.find(key) != nullptr) continue;
    heap.set(seen, key, Value());
    result.push_back(item);
  }
  return heap.sequence(Flavor::Generator, std::move(result));
}

template <bool kLargest>
Value extreme(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters bound(kLargest ? "max" : "min", arguments, {"case_sensitive", "attribute"});
  const AttributePath path(heap, bound[1]);
  Value best, best_key;
  bool has_best = false;
  for (const Value& item : items_of(heap, input)) {
    Value key = path.follow(heap, item);
    if (!bound.boolean(0, false)) key = without_case(heap, key);
    heap.spend(1);
    if (has_best && !(kLargest ? less(best_key, key) : less(key, best_key))) continue;
    best = item;
    best_key = key;
    has_best = true;
  }
  return has_best ? best : heap.undefined("No aggregated item, sequence was empty.");
}

Value sum(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters bound("sum", arguments, {"attribute", "start"});
  const AttributePath path(heap, bound[0]);
  Value total = bound.has(1) ? bound[1] : Value::integer(0);
  if (total.is(Type::String)) fail_type("sum() can't sum strings [use ''.join(seq) instead]");
  for (const Value& item : items_of(heap, input))
    total = arithmetic(heap, BinaryOperator::Add, total, path.follow(heap, item));
  return total;
}

constexpr std::array<FilterEntry, 16> kFilters{{
    {"count", length},
    {"d", default_value},
    {"default", default_value},
    {"dictsort", dictsort},
    {"first", first},
    {"items", items},
    {"join", join},
    {"last", last},
    {"length", length},
    {"list", list},
    {"max", extreme<true>},
    {"min", extreme<false>},
    {"reverse", reverse},
    {"sort", sort},
    {"sum", sum},
    {"unique", unique},
}};

}  // namespace

std::span<const FilterEntry> sequence_filters() {
  return kFilters;
}

}  // namespace tenon::text::jinja
