#include "text/jinja/attribute_path.h"

#include <algorithm>
#include <charconv>

#include "text/jinja/characters.h"
#include "text/jinja/text_operations.h"

namespace tenon::text::jinja {

AttributePath::AttributePath(Heap& heap, const Value& path) {
  if (path.is_none()) return;
  const auto* string = path.get_if<StringObject>();
  if (string == nullptr) {
    parts_.push_back(path);
    return;
  }
  for (const std::string_view part : split_at(string->text, ".", -1)) {
    std::int64_t index = 0;
    const char* end = part.data() + part.size();
    const bool is_index = !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
      return c >= '0' && c <= '9';
    }) && std::from_chars(part.data(), end, index).ec == std::errc();
    parts_.push_back(is_index ? Value::integer(index) : heap.string(std::string(part)));
  }
}

Value AttributePath::follow(Heap& heap, Value item, const Value& fallback) const {
  for (const Value& part : parts_) {
    heap.spend(1);
    item = subscript(heap, item, part);
    if (item.is_undefined() && !fallback.is_none()) item = fallback;
  }
  return item;
}

std::vector<AttributePath> attribute_paths(Heap& heap, const Value& paths) {
  std::vector<AttributePath> result;
  const auto* string = paths.get_if<StringObject>();
  if (string == nullptr) {
    result.emplace_back(heap, paths);
    return result;
  }
  for (const std::string_view path : split_at(string->text, ",", -1))
    result.emplace_back(heap, heap.string(std::string(path)));
  return result;
}

Value without_case(Heap& heap, const Value& value) {
  const auto* string = value.get_if<StringObject>();
  return string == nullptr ? value : heap.string(to_lower(string->text));
}

}  // namespace tenon::text::jinja
