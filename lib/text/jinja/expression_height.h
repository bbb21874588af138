#pragma once

#include "text/jinja/syntax_tree.h"

namespace tenon::text::jinja {

/// The greatest height among the children of a node; 0 for none.
int height_of_children(const Expression::Node& node);

}  // namespace tenon::text::jinja
