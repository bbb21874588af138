#include "text/jinja/text_operations.h"

#include <algorithm>
#include <cstring>

#include "text/jinja/characters.h"

namespace tenon::text::jinja {

std::size_t find_text(std::string_view text, std::string_view needle, std::size_t begin) {
  if (begin > text.size()) return kNotFound;
  if (needle.empty()) return begin;
  // The C library's memmem is linear (two-way); std::string_view::find is not.
  const void* found =
      ::memmem(text.data() + begin, text.size() - begin, needle.data(), needle.size());
  if (found == nullptr) return kNotFound;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::size_t find_last_text(std::string_view text, std::string_view needle) {
  if (needle.empty()) return text.size();
  if (needle.size() > text.size()) return kNotFound;
  const std::string mirrored(text.rbegin(), text.rend());
  const std::string mirrored_needle(needle.rbegin(), needle.rend());
  const std::size_t found = find_text(mirrored, mirrored_needle);
  return found == kNotFound ? kNotFound : text.size() - found - needle.size();
}

namespace {

// Where the character before `end` begins.
std::size_t previous_character(std::string_view text, std::size_t end) {
  for (std::size_t bytes = 1; bytes <= 4 && bytes <= end; ++bytes)
    if (character_at(text.substr(0, end), end - bytes).bytes == bytes &&
        (bytes > 1 || static_cast<unsigned char>(text[end - 1]) < 0x80))
      return end - bytes;
  return end - 1;  // an invalid byte
}

template <typename Predicate>
std::string_view strip(std::string_view text, Side side, const Predicate& goes) {
  std::size_t begin = 0, end = text.size();
  while (side != Side::Right && begin < end) {
    const auto [code, bytes] = character_at(text, begin);
    if (!goes(code)) break;
    begin += bytes;
  }
  while (side != Side::Left && end > begin) {
    const std::size_t at = previous_character(text, end);
    if (!goes(character_at(text, at).code)) break;
    end = at;
  }
  return text.substr(begin, end - begin);
}

}  // namespace

std::string_view strip_spaces(std::string_view text, Side side) {
  return strip(text, side, is_space);
}

std::string_view strip_characters(std::string_view text, std::string_view characters, Side side) {
  std::vector<std::int32_t> codes;
  for (std::size_t at = 0; at < characters.size();) {
    const auto [code, bytes] = character_at(characters, at);
    codes.push_back(code);
    at += bytes;
  }
  std::sort(codes.begin(), codes.end());
  return strip(text, side, [&](std::int32_t code) {
    return std::binary_search(codes.begin(), codes.end(), code);
  });
}

std::vector<std::string_view> split_spaces(std::string_view text, std::int64_t limit) {
  std::vector<std::string_view> parts;
  std::string_view rest = strip_spaces(text, Side::Left);
  while (!rest.empty()) {
    if (limit >= 0 && static_cast<std::int64_t>(parts.size()) == limit) {
      parts.push_back(rest);  // the last part keeps the whitespace at its end
      break;
    }
    std::size_t end = 0;
    while (end < rest.size()) {
      const auto [code, bytes] = character_at(rest, end);
      if (is_space(code)) break;
      end += bytes;
    }
    parts.push_back(rest.substr(0, end));
    rest = strip_spaces(rest.substr(end), Side::Left);
  }
  return parts;
}

std::vector<std::string_view> split_spaces_from_right(std::string_view text, std::int64_t limit) {
  std::vector<std::string_view> parts;
  std::string_view rest = strip_spaces(text, Side::Right);
  while (!rest.empty()) {
    if (limit >= 0 && static_cast<std::int64_t>(parts.size()) == limit) {
      parts.push_back(rest);
      break;
    }
    std::size_t begin = rest.size();
    while (begin > 0) {
      const std::size_t at = previous_character(rest, begin);
      if (is_space(character_at(rest, at).code)) break;
      begin = at;
    }
    parts.push_back(rest.substr(begin));
    rest = strip_spaces(rest.substr(0, begin), Side::Right);
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> split_at(std::string_view text, std::string_view separator,
                                       std::int64_t limit) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  while (limit < 0 || static_cast<std::int64_t>(parts.size()) < limit) {
    const std::size_t found = find_text(text, separator, begin);
    if (found == kNotFound) break;
    parts.push_back(text.substr(begin, found - begin));
    begin = found + separator.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::vector<std::string_view> split_at_from_right(std::string_view text, std::string_view separator,
                                                  std::int64_t limit) {
  // Searched in the mirror image, so that every search goes on where the last one ended.
  const std::string mirrored(text.rbegin(), text.rend());
  const std::string mirrored_separator(separator.rbegin(), separator.rend());
  std::vector<std::string_view> parts;
  for (const std::string_view part : split_at(mirrored, mirrored_separator, limit)) {
    const auto end = text.size() - static_cast<std::size_t>(part.data() - mirrored.data());
    parts.push_back(text.substr(end - part.size(), part.size()));
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> split_lines(std::string_view text, bool keeps_ends) {
  const auto ends_line = [](std::int32_t code) {
    return (code >= 0x0A && code <= 0x0D) || (code >= 0x1C && code <= 0x1E) || code == 0x85 ||
           code == 0x2028 || code == 0x2029;
  };
  std::vector<std::string_view> lines;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, bytes] = character_at(text, at);
    const std::size_t line_end = at;
    at += bytes;
    if (!ends_line(code)) continue;
    if (code == '\r' && at < text.size() && text[at] == '\n') ++at;
    lines.push_back(text.substr(begin, (keeps_ends ? at : line_end) - begin));
    begin = at;
  }
  if (begin < text.size()) lines.push_back(text.substr(begin));
  return lines;
}

std::string replace_text(Heap& heap, std::string_view text, std::string_view old,
                         std::string_view by, std::int64_t limit) {
  heap.spend_text(text.size());
  std::string result;
  std::size_t at = 0;
  const auto may_go_on = [&](std::int64_t done) { return limit < 0 || done < limit; };
  const auto append = [&](std::string_view part) {
    result += part;
    heap.check_room(result.size());
  };
  std::int64_t done = 0;
  if (old.empty()) {
    while (may_go_on(done)) {
      append(by);
      ++done;
      if (at >= text.size()) return result;
      const std::size_t bytes = character_at(text, at).bytes;
      append(text.substr(at, bytes));
      at += bytes;
    }
  }
  while (!old.empty() && may_go_on(done)) {
    const std::size_t found = find_text(text, old, at);
    if (found == kNotFound) break;
    append(text.substr(at, found - at));
    append(by);
    at = found + old.size();
    ++done;
  }
  append(text.substr(at));
  return result;
}

std::int64_t count_text(std::string_view text, std::string_view needle) {
  if (needle.empty()) return count_characters(text) + 1;
  std::int64_t count = 0;
  for (std::size_t at = find_text(text, needle); at != kNotFound;
       at = find_text(text, needle, at + needle.size()))
    ++count;
  return count;
}

}  // namespace tenon::text::jinja
