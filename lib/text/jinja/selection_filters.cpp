#include <array>

#include "text/jinja/attribute_path.h"
#include "text/jinja/comparison.h"
#include "text/jinja/filters.h"
#include "text/jinja/sequences.h"

/// Filters that apply another filter or a test to every item: map, select, reject, selectattr,
/// rejectattr. Their result can be walked once, like Python's generators; it is computed at once.
namespace tenon::text::jinja {

namespace {

Value generator(Heap& heap, std::vector<Value> items) {
  return heap.sequence(SequenceObject::Flavor::Generator, std::move(items));
}

const std::string& name_at(const Arguments& arguments, std::size_t i, std::string_view what) {
  const auto* name = arguments.positional[i].get_if<StringObject>();
  if (name == nullptr)
    throw Error(ErrorKind::Input, std::string(what) +
                                      " is named by a string, not by a value of type " +
                                      std::string(type_name(arguments.positional[i])));
  return name->text;
}

// The arguments behind the first `count`.
Arguments rest(const Arguments& arguments, std::size_t count) {
  Arguments result;
  result.positional.assign(arguments.positional.begin() + static_cast<std::ptrdiff_t>(count),
                           arguments.positional.end());
  result.named = arguments.named;
  return result;
}

Value map_attribute(Heap& heap, const std::vector<Value>& items, const Arguments& arguments) {
  const Parameters bound("map", arguments, {"attribute", "default"}, 1);
  const AttributePath path(heap, bound[0]);
  std::vector<Value> result;
  for (const Value& item : items) result.push_back(path.follow(heap, item, bound[1]));
  return generator(heap, std::move(result));
}

Value map(Heap& heap, const Value& input, const Arguments& arguments) {
  if (!is_true(input)) return generator(heap, {});
  const std::vector<Value> items = items_of(heap, input);
  if (arguments.positional.empty()) return map_attribute(heap, items, arguments);
  const std::string& name = name_at(arguments, 0, "a filter");
  const Arguments inner = rest(arguments, 1);
  std::vector<Value> result;
  for (const Value& item : items) result.push_back(apply_filter(heap, name, item, inner));
  return generator(heap, std::move(result));
}

template <bool kKeeps, bool kByAttribute>
Value choose(Heap& heap, const Value& input, const Arguments& arguments) {
  if (!is_true(input)) return generator(heap, {});
  constexpr std::size_t kTestAt = kByAttribute ? 1 : 0;
  if (kByAttribute && arguments.positional.empty())
    throw Error(ErrorKind::Input, "Missing parameter for attribute name");
  const AttributePath path(heap, kByAttribute ? arguments.positional[0] : Value());
  const bool has_test = arguments.positional.size() > kTestAt;
  const std::string name = has_test ? name_at(arguments, kTestAt, "a test") : std::string();
  const Arguments inner = has_test ? rest(arguments, kTestAt + 1) : Arguments();
  std::vector<Value> result;
  for (const Value& item : items_of(heap, input)) {
    const Value subject = path.follow(heap, item);
    const bool holds = has_test ? apply_test(heap, name, subject, inner) : is_true(subject);
    if (holds == kKeeps) result.push_back(item);
  }
  return generator(heap, std::move(result));
}

constexpr std::array<FilterEntry, 5> kFilters{{
    {"map", map},
    {"reject", choose<false, false>},
    {"rejectattr", choose<false, true>},
    {"select", choose<true, false>},
    {"selectattr", choose<true, true>},
}};

}  // namespace

std::span<const FilterEntry> selection_filters() {
  return kFilters;
}

}  // namespace tenon::text::jinja
