#include "text/jinja/filters.h"

#include <algorithm>
#include <array>

namespace tenon::text::jinja {

namespace {

const FilterEntry* find_filter(std::string_view name) {
  for (const auto table :
       {text_filters(), sequence_filters(), selection_filters(), number_filters()})
    for (const FilterEntry& entry : table)
      if (entry.name == name) return &entry;
  return nullptr;
}

[[noreturn]] void fail_unknown(std::string_view name) {
  // Jinja's remaining filters (jinja2.filters.FILTERS).
  static constexpr std::array<std::string_view, 15> kOutside{
      "batch",  "filesizeformat", "forceescape", "groupby",  "pprint",
      "random", "slice",          "striptags",   "truncate", "urlencode",
      "urlize", "wordcount",      "wordwrap",    "xmlattr",  "attr"};
  if (std::find(kOutside.begin(), kOutside.end(), name) != kOutside.end())
    throw Error(ErrorKind::Unsupported,
                "the filter " + quoted(name, 40) + " is not in the subset of Jinja");
  throw Error(ErrorKind::Unsupported, "there is no filter " + quoted(name, 40));
}

}  // namespace

bool has_filter(std::string_view name) {
  return find_filter(name) != nullptr;
}

Value apply_filter(Heap& heap, std::string_view name, const Value& input,
                   const Arguments& arguments) {
  const FilterEntry* filter = find_filter(name);
  if (filter == nullptr) fail_unknown(name);
  heap.spend(1);
  return filter->body(heap, input, arguments);
}

}  // namespace tenon::text::jinja
