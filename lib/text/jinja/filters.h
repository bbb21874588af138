#pragma once

#include <span>
#include <string_view>

#include "text/jinja/arguments.h"
#include "text/jinja/heap.h"
#include "text/jinja/value.h"

namespace tenon::text::jinja {

/// A filter: input|name(arguments).
struct FilterEntry {
  using Body = Value (*)(Heap& heap, const Value& input, const Arguments& arguments);
  std::string_view name;
  Body body;
};

/// Throws Error(Unsupported) for a filter of Jinja that the subset lacks, Error(Input) for one that
/// Jinja does not know either.
Value apply_filter(Heap& heap, std::string_view name, const Value& input,
                   const Arguments& arguments);
/// In the subset.
bool has_filter(std::string_view name);

/// A test: value is name(arguments). Throws as apply_filter.
bool apply_test(Heap& heap, std::string_view name, const Value& value, const Arguments& arguments);
bool has_test(std::string_view name);

// The tables of each file of filters, searched by filters.cpp.
std::span<const FilterEntry> text_filters();
std::span<const FilterEntry> sequence_filters();
std::span<const FilterEntry> selection_filters();
std::span<const FilterEntry> number_filters();

}  // namespace tenon::text::jinja
