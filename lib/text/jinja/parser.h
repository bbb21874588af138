#pragma once

#include <string_view>

#include "text/jinja/syntax_tree.h"

namespace tenon::text::jinja {

/// Source to syntax tree. Throws Error(Input) with line and column where it is not Jinja,
/// Error(Unsupported) for a statement outside the subset (named).
Template parse(std::string_view source);

}  // namespace tenon::text::jinja
