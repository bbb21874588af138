#include <array>

#include "text/jinja/arithmetic.h"
#include "text/jinja/characters.h"
#include "text/jinja/comparison.h"
#include "text/jinja/filters.h"
#include "text/jinja/formatting.h"
#include "text/jinja/json.h"
#include "text/jinja/printing.h"
#include "text/jinja/text_operations.h"

/// Filters that make text.
namespace tenon::text::jinja {

namespace {

bool is_markup(const Value& value) {
  const auto* string = value.get_if<StringObject>();
  return string != nullptr && string->is_markup;
}

// What soft_str of MarkupSafe gives: text, still safe if it was.
Value like(Heap& heap, const Value& input, std::string_view text) {
  return heap.string(std::string(text), is_markup(input));
}

template <std::string (*Convert)(std::string_view)>
Value converted(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters none("this filter", arguments, {});
  const std::string text = to_text(heap, input);
  heap.spend_text(8 * text.size());
  return like(heap, input, Convert(text));
}

// Jinja's own title: words begin behind blanks, "-" and opening brackets, whatever they hold.
std::string title_words(std::string_view text) {
  static constexpr std::string_view kOpening = "-({[<";
  const auto separates = [](std::int32_t code) {
    return is_space(code) || (code < 0x80 && kOpening.find(static_cast<char>(code)) != kNotFound);
  };
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    const bool is_separator = separates(character_at(text, at).code);
    while (end < text.size() && separates(character_at(text, end).code) == is_separator)
      end += character_at(text, end).bytes;
    const std::size_t first = character_at(text, at).bytes;
    result += to_upper(text.substr(at, first));
    result += to_lower(text.substr(at + first, end - at - first));
    at = end;
  }
  return result;
}

Value trim(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters bound("trim", arguments, {"chars"});
  const std::string text = to_text(heap, input);
  heap.spend_text(text.size());
  if (!bound.has_value(0)) return like(heap, input, strip_spaces(text, Side::Both));
  return like(heap, input, strip_characters(text, bound.text(0), Side::Both));
}

Value replace(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters bound("replace", arguments, {"old", "new", "count"}, 2);
  const std::int64_t limit = bound.has_value(2) ? bound.integer(2) : -1;
  return heap.string(replace_text(heap, to_text(heap, input), to_text(heap, bound[0]),
                                  to_text(heap, bound[1]), limit));
}

Value string(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters none("string", arguments, {});
  return input.is(Type::String) ? input : heap.string(to_text(heap, input));
}

Value safe(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters none("safe", arguments, {});
  return heap.string(to_text(heap, input), true);
}

Value escape(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters none("escape", arguments, {});
  if (is_markup(input)) return input;
  return heap.string(escape_html(to_text(heap, input)), true);
}

Value center(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters bound("center", arguments, {"width"});
  const std::string text = to_text(heap, input);
  const std::int64_t width = bound.integer(0, 80);
  const std::int64_t missing = width - count_characters(text);
  if (missing <= 0) return like(heap, input, text);
  heap.check_room(static_cast<std::size_t>(missing));
  const std::int64_t before = missing / 2 + (missing & width & 1);
  return like(heap, input,
              std::string(static_cast<std::size_t>(before), ' ') + text +
                  std::string(static_cast<std::size_t>(missing - before), ' '));
}

Value indent(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters bound("indent", arguments, {"width", "first", "blank"});
  require_defined(input);
  if (!input.is(Type::String))
    fail_type("indent needs a string, not a value of type " + std::string(type_name(input)));
  std::string indention(4, ' ');
  if (bound.has(0) && bound[0].is(Type::String)) {
    indention = bound.text(0);
  } else if (bound.has(0)) {
    const std::int64_t width = std::max<std::int64_t>(0, bound.integer(0));
    heap.check_room(static_cast<std::size_t>(width));
    indention.assign(static_cast<std::size_t>(width), ' ');
  }
  const bool indents_first = bound.boolean(1, false), indents_blank = bound.boolean(2, false);
  const std::string text = input.as<StringObject>().text + "\n";
  heap.spend_text(4 * text.size());
  std::string result;
  bool is_first = true;
  for (const std::string_view line : split_lines(text, false)) {
    if (!is_first) result += '\n';
    if (is_first ? indents_first : indents_blank || !line.empty()) result += indention;
    is_first = false;
    result += line;
    heap.check_room(result.size());
  }
  return like(heap, input, result);
}

Value format(Heap& heap, const Value& input, const Arguments& arguments) {
  if (!arguments.positional.empty() && !arguments.named.empty())
    throw Error(ErrorKind::Input, "format takes either positional or named arguments");
  Value values = heap.tuple(arguments.positional);
  if (!arguments.named.empty()) {
    values = heap.dict();
    for (const auto& [name, value] : arguments.named) heap.set(values, heap.string(name), value);
  }
  const Value text = input.is(Type::String) ? input : heap.string(to_text(heap, input));
  return percent_format(heap, text.as<StringObject>(), values);
}

// As transformers defines it: json.dumps without HTML escapes.
Value tojson(Heap& heap, const Value& input, const Arguments& arguments) {
  const Parameters bound("tojson", arguments,
                         {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ensures_ascii = bound.boolean(0, false);
  style.sorts_keys = bound.boolean(3, false);
  if (bound.has_value(1)) {
    style.is_indented = true;
    style.item_separator.assign(1, ',');
    if (bound[1].is(Type::String)) {
      style.indent = bound.text(1);
    } else {
      const std::int64_t width = std::max<std::int64_t>(0, bound.integer(1));
      heap.check_room(static_cast<std::size_t>(width));
      style.indent.assign(static_cast<std::size_t>(width), ' ');
    }
  }
  if (bound.has_value(2)) {
    const auto* pair = bound[2].get_if<SequenceObject>();
    if (pair == nullptr || pair->items.size() != 2 || !pair->items[0].is(Type::String) ||
        !pair->items[1].is(Type::String))
      throw Error(ErrorKind::Input, "tojson needs two strings as separators");
    style.item_separator = pair->items[0].as<StringObject>().text;
    style.key_separator = pair->items[1].as<StringObject>().text;
  }
  return heap.string(to_json(heap, input, style));
}

constexpr std::array<FilterEntry, 14> kFilters{{
    {"capitalize", converted<capitalize>},
    {"center", center},
    {"e", escape},
    {"escape", escape},
    {"format", format},
    {"indent", indent},
    {"lower", converted<to_lower>},
    {"replace", replace},
    {"safe", safe},
    {"string", string},
    {"title", converted<title_words>},
    {"tojson", tojson},
    {"trim", trim},
    {"upper", converted<to_upper>},
}};

}  // namespace

std::span<const FilterEntry> text_filters() {
  return kFilters;
}

}  // namespace tenon::text::jinja
