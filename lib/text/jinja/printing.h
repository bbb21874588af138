#pragma once

#include <string>
#include <string_view>

#include "text/jinja/heap.h"
#include "text/jinja/value.h"

/// Values as text, as Python's str() and repr() write them.
namespace tenon::text::jinja {

/// str(value). Throws Error(Unsupported) for what Python prints with a memory address (generators,
/// methods).
std::string to_text(Heap& heap, const Value& value);
/// Appends it without a copy.
void append_text(Heap& heap, std::string& text, const Value& value);
/// repr(value): strings in quotes.
std::string representation(Heap& heap, const Value& value);
/// The shortest decimal that reads back as the same double: "1.0", "1e-05", "inf".
std::string float_text(double value);
/// repr() of a string.
std::string quoted_text(std::string_view text);

}  // namespace tenon::text::jinja
