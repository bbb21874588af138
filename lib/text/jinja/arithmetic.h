#pragma once

#include "text/jinja/heap.h"
#include "text/jinja/syntax_tree.h"
#include "text/jinja/value.h"

namespace tenon::text::jinja {

/// + - * / // % ** as Python has them: whole division towards minus infinity, bools as numbers, +
/// and * of strings and lists, % as formatting. Throws Error(Input) for types that do not go
/// together and for division by zero, Error(Unsupported) for an integer beyond 64 bits.
Value arithmetic(Heap& heap, BinaryOperator operation, const Value& left, const Value& right);
Value negative(const Value& value);
Value positive(const Value& value);

/// HTML escapes of MarkupSafe: & < > " '.
std::string escape_html(std::string_view text);

}  // namespace tenon::text::jinja
