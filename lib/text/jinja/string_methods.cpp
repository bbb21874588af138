#include <algorithm>
#include <array>
#include <optional>

#include "text/jinja/arithmetic.h"
#include "text/jinja/callables.h"
#include "text/jinja/characters.h"
#include "text/jinja/comparison.h"
#include "text/jinja/formatting.h"
#include "text/jinja/sequences.h"
#include "text/jinja/text_operations.h"

namespace tenon::text::jinja {

namespace {

StringObject& string_of(const Value& self) {
  return self.as<StringObject>();
}

// A string of the same kind as `self`: what is made of safe text is safe.
Value like(Heap& heap, const Value& self, std::string_view text) {
  return heap.string(std::string(text), string_of(self).is_markup);
}

Value list_like(Heap& heap, const Value& self, const std::vector<std::string_view>& parts) {
  heap.check_room(parts.size() * (sizeof(Value) + sizeof(StringObject)));
  std::vector<Value> items;
  for (const auto part : parts) items.push_back(like(heap, self, part));
  return heap.list(std::move(items));
}

// Text that goes into `self`: escaped where that is safe text and this is not.
std::string inserted(const Value& self, const Value& other) {
  const auto& text = other.as<StringObject>();
  return string_of(self).is_markup && !text.is_markup ? escape_html(text.text) : text.text;
}

template <std::string (*Convert)(std::string_view)>
Value converted(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters none("this method", arguments, {});
  heap.spend_text(8 * string_of(self).text.size());
  return like(heap, self, Convert(string_of(self).text));
}

template <Side kSide>
Value strip(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("strip", arguments, {""});
  const std::string& text = string_of(self).text;
  heap.spend_text(text.size());
  if (!bound.has_value(0)) return like(heap, self, strip_spaces(text, kSide));
  return like(heap, self, strip_characters(text, bound.text(0), kSide));
}

template <bool kFromRight>
Value split(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("split", arguments, {"sep", "maxsplit"});
  const std::string& text = string_of(self).text;
  heap.spend_text(4 * text.size());
  const std::int64_t limit = bound.integer(1, -1);
  if (!bound.has_value(0))
    return list_like(heap, self,
                     kFromRight ? split_spaces_from_right(text, limit) : split_spaces(text, limit));
  const std::string& separator = bound.text(0);
  if (separator.empty()) throw Error(ErrorKind::Input, "empty separator");
  return list_like(
      heap, self,
      kFromRight ? split_at_from_right(text, separator, limit) : split_at(text, separator, limit));
}

Value split_into_lines(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("splitlines", arguments, {"keepends"});
  heap.spend_text(4 * string_of(self).text.size());
  return list_like(heap, self, split_lines(string_of(self).text, bound.boolean(0, false)));
}

template <bool kFromRight>
Value partition(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("partition", arguments, {""}, 1);
  const std::string_view text = string_of(self).text;
  const std::string& separator = bound.text(0);
  if (separator.empty()) throw Error(ErrorKind::Input, "empty separator");
  heap.spend_text(text.size());
  const std::size_t at = kFromRight ? find_last_text(text, separator) : find_text(text, separator);
  const bool is_found = at != kNotFound;
  const std::string_view before = is_found ? text.substr(0, at) : kFromRight ? "" : text;
  const std::string_view after = is_found     ? text.substr(at + separator.size())
                                 : kFromRight ? text
                                              : std::string_view();
  return heap.tuple({like(heap, self, before), like(heap, self, is_found ? separator : ""),
                     like(heap, self, after)});
}

// Bytes [begin, end) of the optional start and end arguments, counted in characters.
struct Window {
  std::size_t begin = 0, end = 0;
  bool is_empty = false;  // start lies behind the end: nothing is found there, not even ""
};

Window window_of(const Value& self, const Parameters& bound) {
  auto& string = string_of(self);
  if (!bound.has_value(1) && !bound.has_value(2)) return {0, string.text.size(), false};
  const std::int64_t length = length_of(string);
  const auto clamp = [length](std::int64_t index) {
    if (index < 0) index = index < -length ? 0 : index + length;
    return index;
  };
  const std::int64_t begin = bound.has_value(1) ? clamp(bound.integer(1)) : 0;
  const std::int64_t end = std::min(length, bound.has_value(2) ? clamp(bound.integer(2)) : length);
  if (begin > end) return {0, 0, true};
  string.heap().spend_text(string.text.size());
  return {offset_of(string.text, begin), offset_of(string.text, end), false};
}

template <bool kAtEnd>
Value starts_or_ends(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound(kAtEnd ? "endswith" : "startswith", arguments, {"", "", ""}, 1);
  const Window window = window_of(self, bound);
  const auto text =
      std::string_view(string_of(self).text).substr(window.begin, window.end - window.begin);
  const auto matches = [&](const Value& affix) {
    const auto* string = affix.get_if<StringObject>();
    if (string == nullptr)
      fail_type("startswith and endswith need a string or a tuple of strings, not " +
                std::string(type_name(affix)));
    heap.spend_text(string->text.size());
    return !window.is_empty &&
           (kAtEnd ? text.ends_with(string->text) : text.starts_with(string->text));
  };
  const auto* several = bound[0].get_if<SequenceObject>();
  if (several == nullptr || several->flavor != SequenceObject::Flavor::Tuple)
    return Value::boolean(matches(bound[0]));
  return Value::boolean(std::any_of(several->items.begin(), several->items.end(), matches));
}

// Index in characters of the first or last occurrence.
template <bool kLast>
std::optional<std::int64_t> position_of(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("find", arguments, {"", "", ""}, 1);
  const std::string& needle = bound.text(0);
  const std::string_view text = string_of(self).text;
  const Window window = window_of(self, bound);
  heap.spend_text(text.size());
  if (window.is_empty) return std::nullopt;
  const auto inside = text.substr(window.begin, window.end - window.begin);
  const std::size_t at = kLast ? find_last_text(inside, needle) : find_text(inside, needle);
  if (at == kNotFound) return std::nullopt;
  return count_characters(text.substr(0, window.begin + at));
}

template <bool kLast>
Value find(Heap& heap, const Value& self, const Arguments& arguments) {
  return Value::integer(position_of<kLast>(heap, self, arguments).value_or(-1));
}

template <bool kLast>
Value index(Heap& heap, const Value& self, const Arguments& arguments) {
  const auto found = position_of<kLast>(heap, self, arguments);
  if (!found) throw Error(ErrorKind::Input, "substring not found");
  return Value::integer(*found);
}

Value count(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("count", arguments, {"", "", ""}, 1);
  const Window window = window_of(self, bound);
  heap.spend_text(string_of(self).text.size());
  if (window.is_empty) return Value::integer(0);
  const auto inside =
      std::string_view(string_of(self).text).substr(window.begin, window.end - window.begin);
  return Value::integer(count_text(inside, bound.text(0)));
}

Value replace(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("replace", arguments, {"", "", ""}, 2);
  const std::string& old = bound.text(0);
  bound.text(1);  // checks the type
  return like(heap, self,
              replace_text(heap, string_of(self).text, old, inserted(self, bound[1]),
                           bound.integer(2, -1)));
}

Value join(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("join", arguments, {""}, 1);
  std::string result;
  bool is_first = true;
  std::int64_t at = 0;
  for (const Value& item : items_of(heap, bound[0])) {
    if (!item.is(Type::String))
      fail_type("sequence item " + std::to_string(at) + ": expected str instance, " +
                std::string(type_name(item)) + " found");
    if (!is_first) result += string_of(self).text;
    is_first = false;
    ++at;
    result += inserted(self, item);
    heap.check_room(result.size());
  }
  return like(heap, self, result);
}

template <bool kSuffix>
Value remove_affix(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound(kSuffix ? "removesuffix" : "removeprefix", arguments, {""}, 1);
  const std::string_view text = string_of(self).text;
  const std::string& affix = bound.text(0);
  if (kSuffix && text.ends_with(affix))
    return like(heap, self, text.substr(0, text.size() - affix.size()));
  if (!kSuffix && text.starts_with(affix)) return like(heap, self, text.substr(affix.size()));
  return like(heap, self, text);
}

enum class Place { Left, Right, Center };

// As unicode_center: of an odd rest the larger half goes left only where the width is odd.
template <Place kPlace>
Value justify(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("ljust, rjust or center", arguments, {"", ""}, 1);
  const std::string fill = bound.has(1) ? (bound.text(1), inserted(self, bound[1])) : " ";
  if (bound.has(1) && count_characters(bound.text(1)) != 1)
    fail_type("the fill character must be exactly one character long");
  const std::int64_t width = bound.integer(0);
  const std::int64_t missing = std::max<std::int64_t>(0, width - length_of(string_of(self)));
  if (missing > static_cast<std::int64_t>(heap.limits().memory_bytes / 8))
    heap.check_room(heap.limits().memory_bytes + 1);
  const std::int64_t before = kPlace == Place::Left    ? 0
                              : kPlace == Place::Right ? missing
                                                       : missing / 2 + (missing & width & 1);
  std::string result;
  for (std::int64_t i = 0; i < before; ++i) result += fill;
  result += string_of(self).text;
  for (std::int64_t i = before; i < missing; ++i) result += fill;
  return like(heap, self, result);
}

Value fill_zeros(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters bound("zfill", arguments, {""}, 1);
  const std::string& text = string_of(self).text;
  const std::int64_t missing = bound.integer(0) - length_of(string_of(self));
  if (missing <= 0) return like(heap, self, text);
  heap.check_room(static_cast<std::size_t>(missing));
  const bool has_sign = !text.empty() && (text[0] == '-' || text[0] == '+');
  return like(heap, self,
              text.substr(0, has_sign) + std::string(static_cast<std::size_t>(missing), '0') +
                  text.substr(has_sign));
}

// Whether every character is of a kind, and there is one.
template <bool (*IsKind)(std::int32_t)>
Value all_are(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters none("this method", arguments, {});
  const std::string& text = string_of(self).text;
  heap.spend_text(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, bytes] = character_at(text, at);
    if (!IsKind(code)) return Value::boolean(false);
    at += bytes;
  }
  return Value::boolean(!text.empty());
}

template <bool kUpper>
Value all_cased_are(Heap& heap, const Value& self, const Arguments& arguments) {
  const Parameters none("this method", arguments, {});
  heap.spend_text(string_of(self).text.size());
  return Value::boolean(has_case(string_of(self).text, kUpper));
}

Value format(Heap& heap, const Value& self, const Arguments& arguments) {
  return brace_format(heap, string_of(self), arguments);
}

constexpr std::array<MethodEntry, 47> kStringMethods{{
    {"capitalize", converted<capitalize>},
    {"casefold"},
    {"center", justify<Place::Center>},
    {"count", count},
    {"encode"},
    {"endswith", starts_or_ends<true>},
    {"expandtabs"},
    {"find", find<false>},
    {"format", format},
    {"format_map"},
    {"index", index<false>},
    {"isalnum", all_are<is_alphanumeric>},
    {"isalpha", all_are<is_letter>},
    {"isascii"},
    {"isdecimal", all_are<is_decimal>},
    {"isdigit", all_are<is_digit>},
    {"isidentifier"},
    {"islower", all_cased_are<false>},
    {"isnumeric"},
    {"isprintable"},
    {"isspace", all_are<is_space>},
    {"istitle"},
    {"isupper", all_cased_are<true>},
    {"join", join},
    {"ljust", justify<Place::Left>},
    {"lower", converted<to_lower>},
    {"lstrip", strip<Side::Left>},
    {"maketrans"},
    {"partition", partition<false>},
    {"removeprefix", remove_affix<false>},
    {"removesuffix", remove_affix<true>},
    {"replace", replace},
    {"rfind", find<true>},
    {"rindex", index<true>},
    {"rjust", justify<Place::Right>},
    {"rpartition", partition<true>},
    {"rsplit", split<true>},
    {"rstrip", strip<Side::Right>},
    {"split", split<false>},
    {"splitlines", split_into_lines},
    {"startswith", starts_or_ends<false>},
    {"strip", strip<Side::Both>},
    {"swapcase", converted<swap_case>},
    {"title", converted<to_title>},
    {"translate"},
    {"upper", converted<to_upper>},
    {"zfill", fill_zeros},
}};

}  // namespace

const MethodEntry* find_string_method(std::string_view name) {
  for (const MethodEntry& entry : kStringMethods)
    if (entry.name == name) return &entry;
  return nullptr;
}

}  // namespace tenon::text::jinja
