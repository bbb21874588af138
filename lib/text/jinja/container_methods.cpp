#include <algorithm>
#include <array>
#include <span>

#include "text/jinja/callables.h"
#include "text/jinja/comparison.h"
#include "text/jinja/sequences.h"

/// Methods of lists, tuples, dicts and loop. Those that change a list or dict are what templates
/// written for other engines use; transformers' sandbox refuses them.
namespace tenon::text::jinja {

namespace {

using Flavor = SequenceObject::Flavor;

SequenceObject& sequence_of(const Value& self) {
  return self.as<SequenceObject>();
}
DictObject& dict_of(const Value& self) {
  return self.as<DictObject>();
}

Value append(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("append", arguments, {""}, 1);
  auto& list = sequence_of(self);
  heap.charge(list, sizeof(Value));
  list.items.push_back(bound[0]);
  return {};
}

Value extend(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("extend", arguments, {""}, 1);
  const std::vector<Value> more = items_of(heap, bound[0]);
  auto& list = sequence_of(self);
  heap.charge(list, more.size() * sizeof(Value));
  list.items.insert(list.items.end(), more.begin(), more.end());
  return {};
}

Value insert(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("insert", arguments, {"", ""}, 2);
  auto& items = sequence_of(self).items;
  const auto length = static_cast<std::int64_t>(items.size());
  std::int64_t at = bound.integer(0);
  if (at < 0) at = at < -length ? 0 : at + length;
  heap.spend(1 + length / 8);
  heap.charge(sequence_of(self), sizeof(Value));
  items.insert(items.begin() + std::min(at, length), bound[1]);
  return {};
}

Value pop_item(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("pop", arguments, {""});
  auto& items = sequence_of(self).items;
  const auto length = static_cast<std::int64_t>(items.size());
  std::int64_t at = bound.integer(0, -1);
  if (at < 0 && at >= -length) at += length;
  if (at < 0 || at >= length)
    throw Error(ErrorKind::Input, length == 0 ? "pop from empty list" : "pop index out of range");
  heap.spend(1 + length / 8);
  Value item = items[static_cast<std::size_t>(at)];
  items.erase(items.begin() + at);
  return item;
}

Value index_of(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("index", arguments, {""}, 1);
  const auto& items = sequence_of(self).items;
  for (std::size_t i = 0; i < items.size(); ++i) {
    heap.spend(1);
    if (equal(items[i], bound[0])) return Value::integer(static_cast<std::int64_t>(i));
  }
  throw Error(ErrorKind::Input, "the value is not in the list");
}

Value count_items(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("count", arguments, {""}, 1);
  std::int64_t count = 0;
  for (const Value& item : sequence_of(self).items) {
    heap.spend(1);
    count += equal(item, bound[0]);
  }
  return Value::integer(count);
}

Value copy_list(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters none("copy", arguments, {});
  return heap.list(items_of(heap, self));
}

Value copy_dict(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters none("copy", arguments, {});
  Value copy = heap.dict();
  for (const auto& [key, value] : dict_of(self).dict.entries()) heap.set(copy, key, value);
  return copy;
}

template <Flavor kFlavor>
Value view(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters none("this method", arguments, {});
  std::vector<Value> items;
  for (const auto& [key, value] : dict_of(self).dict.entries()) {
    if (kFlavor == Flavor::Items)
      items.push_back(heap.tuple({key, value}));
    else
      items.push_back(kFlavor == Flavor::Keys ? key : value);
  }
  return heap.sequence(kFlavor, std::move(items));
}

Value get(Heap&, const Value& self, const Arguments& arguments) {
  const Parameters bound("get", arguments, {"", ""}, 1);
  const Value* found = dict_of(self).dict.find(bound[0]);
  return found != nullptr ? *found : bound[1];
}

Value pop_key(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("pop", arguments, {"", ""}, 1);
  Dict& dict = dict_of(self).dict;
  const Value* found = dict.find(bound[0]);
  if (found == nullptr && !bound.has(1))
    throw Error(ErrorKind::Input, "the key to pop is not in the dict");
  if (found == nullptr) return bound[1];
  heap.spend(1 + static_cast<std::int64_t>(dict.size()));
  Value value = *found;
  dict.erase(bound[0]);
  return value;
}

Value set_default(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("setdefault", arguments, {"", ""}, 1);
  if (const Value* found = dict_of(self).dict.find(bound[0])) return *found;
  heap.set(dict_of(self), dict_of(self).dict, bound[0], bound[1]);
  return bound[1];
}

Value update(Heap& heap, const Value& self, const Arguments& arguments) {
  if (arguments.positional.size() > 1) throw Error(ErrorKind::Input, "update takes one dict");
  auto& target = dict_of(self);
  for (const Value& other : arguments.positional) {
    if (!other.is(Type::Dict))
      throw Error(ErrorKind::Unsupported, "update with something other than a dict");
    const auto entries = dict_of(other).dict.entries();  // a copy: it may be the dict itself
    for (const auto& [key, value] : entries) heap.set(target, target.dict, key, value);
  }
  for (const auto& [key, value] : arguments.named)
    heap.set(target, target.dict, heap.string(key), value);
  return {};
}

Value cycle(Heap&, const Value& self, const Arguments& arguments) {
  if (!arguments.named.empty() || arguments.positional.empty())
    throw Error(ErrorKind::Input, "loop.cycle needs values to cycle through");
  return arguments.positional[self.as<LoopObject>().index % arguments.positional.size()];
}

Value changed(Heap& heap, const Value& self, const Arguments& arguments) {
  auto& loop = self.as<LoopObject>();
  const Value now = heap.tuple(arguments.positional);
  const bool is_changed = !equal(loop.last_changed, now);
  loop.last_changed = now;
  return Value::boolean(is_changed);
}

constexpr std::array<MethodEntry, 11> kListMethods{{{"append", append},
                                                    {"clear"},
                                                    {"copy", copy_list},
                                                    {"count", count_items},
                                                    {"extend", extend},
                                                    {"index", index_of},
                                                    {"insert", insert},
                                                    {"pop", pop_item},
                                                    {"remove"},
                                                    {"reverse"},
                                                    {"sort"}}};
constexpr std::array<MethodEntry, 2> kTupleMethods{{{"count", count_items}, {"index", index_of}}};
constexpr std::array<MethodEntry, 11> kDictMethods{{{"clear"},
                                                    {"copy", copy_dict},
                                                    {"fromkeys"},
                                                    {"get", get},
                                                    {"items", view<Flavor::Items>},
                                                    {"keys", view<Flavor::Keys>},
                                                    {"pop", pop_key},
                                                    {"popitem"},
                                                    {"setdefault", set_default},
                                                    {"update", update},
                                                    {"values", view<Flavor::Values>}}};
constexpr std::array<MethodEntry, 2> kLoopMethods{{{"changed", changed}, {"cycle", cycle}}};
constexpr std::array<MethodEntry, 10> kNumberMethods{{{"as_integer_ratio"},
                                                      {"bit_count"},
                                                      {"bit_length"},
                                                      {"conjugate"},
                                                      {"denominator"},
                                                      {"hex"},
                                                      {"imag"},
                                                      {"is_integer"},
                                                      {"numerator"},
                                                      {"real"}}};

std::span<const MethodEntry> methods_of(const Value& self) {
  if (self.is_number()) return kNumberMethods;
  if (self.is(Type::Dict)) return kDictMethods;
  if (self.is(Type::Loop)) return kLoopMethods;
  const auto* sequence = self.get_if<SequenceObject>();
  if (sequence == nullptr || sequence->flavor > Flavor::Range) return {};
  if (sequence->flavor == Flavor::List) return kListMethods;
  return kTupleMethods;
}

}  // namespace

const MethodEntry* find_method(const Value& self, std::string_view name) {
  if (self.is(Type::String)) return find_string_method(name);
  for (const MethodEntry& entry : methods_of(self))
    if (entry.name == name) return &entry;
  return nullptr;
}

}  // namespace tenon::text::jinja
