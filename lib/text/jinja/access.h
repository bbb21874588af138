#pragma once

#include <string_view>

#include "text/jinja/heap.h"
#include "text/jinja/value.h"

namespace tenon::text::jinja {

/// value.name: a method or attribute first, then an item of that name; undefined if there is
/// neither. Throws Error(Input) for an attribute of an undefined value, Error(Unsupported) for one
/// that Python has and the subset has not.
Value attribute(Heap& heap, const Value& value, std::string_view name);

/// value[index]: an item first, then a method or attribute of that name.
Value subscript(Heap& heap, const Value& value, const Value& index);

}  // namespace tenon::text::jinja
