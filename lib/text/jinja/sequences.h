#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "text/jinja/heap.h"
#include "text/jinja/value.h"

/// Walking, counting and cutting of whatever holds items.
namespace tenon::text::jinja {

/// The items a loop over `value` sees: characters of a string, keys of a dict, nothing of an
/// undefined value; a generator is used up. Throws Error(Input) for what cannot be walked.
std::vector<Value> items_of(Heap& heap, const Value& value);
bool is_iterable(const Value& value);

/// len(value).
std::int64_t length_of(const Value& value);

/// Characters of a string, counted once.
std::int64_t length_of(StringObject& string);

struct SliceBounds {
  std::optional<std::int64_t> start, stop, step;
};

/// value[start:stop:step] of a string, list, tuple or range; nothing for another type.
std::optional<Value> slice(Heap& heap, const Value& value, const SliceBounds& bounds);

/// range(start, stop, step), of at most 100,000 numbers.
Value make_range(Heap& heap, std::int64_t start, std::int64_t stop, std::int64_t step);

}  // namespace tenon::text::jinja
