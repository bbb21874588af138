#pragma once

#include <string_view>
#include <vector>

#include "text/jinja/access.h"
#include "text/jinja/heap.h"
#include "text/jinja/value.h"

namespace tenon::text::jinja {

/// The attribute= argument of filters: "address.city", "0", 3; parts that are digits are indices.
class AttributePath {
 public:
  /// None is the empty path, the item itself.
  AttributePath(Heap& heap, const Value& path);
  /// Follows the path from `item`; what is missing on the way becomes `fallback`, if one is given.
  Value follow(Heap& heap, Value item, const Value& fallback = {}) const;

 private:
  std::vector<Value> parts_;
};

/// "a,b.c": several paths, for sort.
std::vector<AttributePath> attribute_paths(Heap& heap, const Value& paths);

/// What filters compare by: strings without regard to case unless told otherwise.
Value without_case(Heap& heap, const Value& value);

}  // namespace tenon::text::jinja
