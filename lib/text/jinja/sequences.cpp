#include "text/jinja/sequences.h"

#include <algorithm>

#include "text/jinja/characters.h"
#include "text/jinja/comparison.h"

namespace tenon::text::jinja {

namespace {

using Flavor = SequenceObject::Flavor;

std::vector<Value> characters_of(Heap& heap, const std::string& text) {
  heap.check_room(text.size() * sizeof(Value));
  std::vector<Value> result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = character_at(text, at).bytes;
    result.push_back(heap.string(text.substr(at, bytes)));
    at += bytes;
  }
  return result;
}

std::vector<Value> rest_of(Heap& heap, SequenceObject& sequence) {
  heap.spend(1 + static_cast<std::int64_t>(sequence.items.size()));
  heap.check_room(sequence.items.size() * sizeof(Value));
  if (sequence.flavor != Flavor::Generator) return sequence.items;
  const auto begin = sequence.items.begin() + static_cast<std::ptrdiff_t>(sequence.consumed);
  std::vector<Value> result(begin, sequence.items.end());
  sequence.consumed = sequence.items.size();
  return result;
}

// Indices a slice visits, as Python's slice.indices(length): from first up to before stop, count of
// them.
struct Walk {
  std::int64_t first = 0, stop = 0, count = 0, step = 1;
};

// a + b * c, wrapping around: where it matters the caller knows that it fits.
std::int64_t add_product(std::int64_t a, std::int64_t b, std::int64_t c) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) +
                                   static_cast<std::uint64_t>(b) * static_cast<std::uint64_t>(c));
}

Walk walk_of(const SliceBounds& bounds, std::int64_t length) {
  const std::int64_t step = bounds.step.value_or(1);
  if (step == 0) throw Error(ErrorKind::Input, "slice step cannot be zero");
  const std::int64_t low = step < 0 ? -1 : 0;
  const std::int64_t high = step < 0 ? length - 1 : length;
  const auto clamp = [&](std::int64_t index) {
    if (index < 0) index = index < -length ? low : index + length;  // -length .. -1
    return std::clamp(index, low, high);
  };
  const std::int64_t start = bounds.start ? clamp(*bounds.start) : (step < 0 ? high : low);
  const std::int64_t stop = bounds.stop ? clamp(*bounds.stop) : (step < 0 ? low : high);
  const std::int64_t distance = step < 0 ? start - stop : stop - start;
  if (distance <= 0) return {start, stop, 0, step};
  // |step| without overflow: anything beyond the distance visits one item.
  const std::int64_t stride = step < 0 ? (step < -distance ? distance : -step) : step;
  return {start, stop, (distance - 1) / stride + 1, step};
}

Value slice_text(Heap& heap, StringObject& string, const SliceBounds& bounds) {
  const std::int64_t length = length_of(string);
  const auto [first, stop, count, step] = walk_of(bounds, length);
  heap.spend_text(string.text.size());
  const std::string& text = string.text;
  if (count == 0) return heap.string({}, string.is_markup);
  if (step == 1) {
    const std::size_t begin = offset_of(text, first);
    const std::size_t bytes = offset_of(std::string_view(text).substr(begin), count);
    return heap.string(text.substr(begin, bytes), string.is_markup);
  }
  heap.check_room(text.size() * sizeof(std::size_t));
  std::vector<std::size_t> offsets;  // of each character
  for (std::size_t at = 0; at < text.size(); at += character_at(text, at).bytes)
    offsets.push_back(at);
  offsets.push_back(text.size());
  std::string result;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(add_product(first, i, step));
    result.append(text, offsets[at], offsets[at + 1] - offsets[at]);
  }
  return heap.string(std::move(result), string.is_markup);
}

Value slice_items(Heap& heap, const SequenceObject& sequence, const SliceBounds& bounds) {
  const auto [first, stop, count, step] =
      walk_of(bounds, static_cast<std::int64_t>(sequence.items.size()));
  heap.spend(count);
  heap.check_room(static_cast<std::size_t>(count) * sizeof(Value));
  std::vector<Value> items;
  items.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i)
    items.push_back(sequence.items[static_cast<std::size_t>(add_product(first, i, step))]);
  Value result = heap.sequence(sequence.flavor, std::move(items));
  if (sequence.flavor == Flavor::Range) {
    auto& range = result.as<SequenceObject>();
    range.step = add_product(0, sequence.step, step);
    range.start = add_product(sequence.start, first, sequence.step);
    range.stop = add_product(sequence.start, stop, sequence.step);
  }
  return result;
}

}  // namespace

std::vector<Value> items_of(Heap& heap, const Value& value) {
  if (value.is_undefined()) return {};
  if (const auto* string = value.get_if<StringObject>()) return characters_of(heap, string->text);
  if (auto* sequence = value.get_if<SequenceObject>()) return rest_of(heap, *sequence);
  if (const auto* dict = value.get_if<DictObject>()) {
    heap.spend(1 + static_cast<std::int64_t>(dict->dict.size()));
    heap.check_room(dict->dict.size() * sizeof(Value));
    std::vector<Value> keys;
    for (const auto& entry : dict->dict.entries()) keys.push_back(entry.key);
    return keys;
  }
  fail_type(quoted_type(value) + " object is not iterable");
}

bool is_iterable(const Value& value) {
  return value.is_undefined() || value.is(Type::String) || value.is(Type::Sequence) ||
         value.is(Type::Dict) || value.is(Type::Loop);
}

std::int64_t length_of(StringObject& string) {
  if (string.length < 0) {
    string.heap().spend_text(string.text.size());
    string.length = count_characters(string.text);
  }
  return string.length;
}

std::int64_t length_of(const Value& value) {
  if (value.is_undefined()) return 0;
  if (auto* string = value.get_if<StringObject>()) return length_of(*string);
  if (const auto* dict = value.get_if<DictObject>())
    return static_cast<std::int64_t>(dict->dict.size());
  if (const auto* loop = value.get_if<LoopObject>())
    return static_cast<std::int64_t>(loop->items.size());
  const auto* sequence = value.get_if<SequenceObject>();
  if (sequence == nullptr || sequence->flavor == Flavor::Generator)
    fail_type("object of type '" + std::string(type_name(value)) + "' has no len()");
  return static_cast<std::int64_t>(sequence->items.size());
}

std::optional<Value> slice(Heap& heap, const Value& value, const SliceBounds& bounds) {
  if (auto* string = value.get_if<StringObject>()) return slice_text(heap, *string, bounds);
  const auto* sequence = value.get_if<SequenceObject>();
  const bool can_slice = sequence != nullptr &&
                         (sequence->flavor == Flavor::List || sequence->flavor == Flavor::Tuple ||
                          sequence->flavor == Flavor::Range);
  if (!can_slice) return std::nullopt;
  return slice_items(heap, *sequence, bounds);
}

Value make_range(Heap& heap, std::int64_t start, std::int64_t stop, std::int64_t step) {
  constexpr std::uint64_t kMaxRange = 100'000;  // as jinja2.sandbox.MAX_RANGE
  if (step == 0) throw Error(ErrorKind::Input, "range() step must not be zero");
  std::uint64_t count = 0;
  if (step > 0 ? start < stop : start > stop) {
    const auto from = static_cast<std::uint64_t>(start), to = static_cast<std::uint64_t>(stop);
    const std::uint64_t distance = step > 0 ? to - from : from - to;
    const std::uint64_t stride = step > 0 ? static_cast<std::uint64_t>(step)
                                          : std::uint64_t{0} - static_cast<std::uint64_t>(step);
    count = (distance - 1) / stride + 1;
  }
  if (count > kMaxRange)
    throw Error(ErrorKind::Resource, "a range of more than " + std::to_string(kMaxRange) +
                                         " numbers is more than a template may ask for");
  heap.spend(1 + static_cast<std::int64_t>(count));
  std::vector<Value> items;
  items.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i)
    items.push_back(Value::integer(add_product(start, static_cast<std::int64_t>(i), step)));
  Value result = heap.sequence(Flavor::Range, std::move(items));
  auto& range = result.as<SequenceObject>();
  range.start = start;
  range.stop = stop;
  range.step = step;
  return result;
}

}  // namespace tenon::text::jinja
