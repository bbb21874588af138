#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/jinja/heap.h"

/// What Python's string methods do, on UTF-8. Searches take linear time: a template chooses both
/// texts.
namespace tenon::text::jinja {

inline constexpr std::size_t kNotFound = static_cast<std::size_t>(-1);

/// Byte offset of the first `needle` from `begin` on, or of the last one that ends by `end`.
std::size_t find_text(std::string_view text, std::string_view needle, std::size_t begin = 0);
std::size_t find_last_text(std::string_view text, std::string_view needle);

enum class Side { Left, Right, Both };
/// Whitespace off the ends, or the characters in `characters`.
std::string_view strip_spaces(std::string_view text, Side side);
std::string_view strip_characters(std::string_view text, std::string_view characters, Side side);

/// Parts between separators; at most `limit` cuts (< 0: all), from the left or from the right.
std::vector<std::string_view> split_spaces(std::string_view text, std::int64_t limit);
std::vector<std::string_view> split_spaces_from_right(std::string_view text, std::int64_t limit);
std::vector<std::string_view> split_at(std::string_view text, std::string_view separator,
                                       std::int64_t limit);
std::vector<std::string_view> split_at_from_right(std::string_view text, std::string_view separator,
                                                  std::int64_t limit);
/// At \n, \r, \r\n and the rarer line ends of str.splitlines.
std::vector<std::string_view> split_lines(std::string_view text, bool keeps_ends);

/// text.replace(old, by, limit); limit < 0: all. An empty `old` stands before every character and
/// at the end.
std::string replace_text(Heap& heap, std::string_view text, std::string_view old,
                         std::string_view by, std::int64_t limit);
std::int64_t count_text(std::string_view text, std::string_view needle);

}  // namespace tenon::text::jinja
