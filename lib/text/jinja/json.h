#pragma once

#include <string>
#include <string_view>

#include "text/jinja/heap.h"
#include "text/jinja/value.h"

namespace tenon::text::jinja {

/// JSON as Python's json.loads reads it: objects keep their order, of doubled keys the last value
/// counts, integers and floats stay apart. Throws Error(Input) with the byte position,
/// Error(Unsupported) for an integer of more than 64 bits. `what` names the text in messages:
/// "messages".
Value from_json(Heap& heap, std::string_view json, std::string_view what);

/// The arguments of json.dumps.
struct JsonStyle {
  bool ensures_ascii = false;
  bool sorts_keys = false;
  bool is_indented = false;
  std::string indent;  // of one level
  std::string item_separator = ", ";
  std::string key_separator = ": ";
};

/// value|tojson. Throws Error(Input) for what JSON cannot say (undefined values, generators).
std::string to_json(Heap& heap, const Value& value, const JsonStyle& style);

}  // namespace tenon::text::jinja
