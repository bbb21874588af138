#include "cli/pretty_json.h"

#include <algorithm>
#include <vector>

namespace tenon::cli {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// One past the end of the string or other plain value that starts at `at`.
std::size_t end_of_value(std::string_view json, std::size_t at) {
  if (json[at] != '"') {
    while (at < json.size() && !is_space(json[at]) &&
           std::string_view(",:[]{}\"").find(json[at]) == std::string_view::npos)
      ++at;
    return at;
  }
  for (++at; at < json.size() && json[at] != '"'; ++at)
    if (json[at] == '\\') ++at;
  return std::min(at + 1, json.size());
}

// The array that starts at `at` holds no object and no array, and may stand on one line.
bool is_flat_array(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != ']';) {
    if (json[at] == '{' || json[at] == '[') return false;
    at = json[at] == ',' || is_space(json[at]) ? at + 1 : end_of_value(json, at);
  }
  return true;
}

bool is_empty_container(std::string_view json, std::size_t at) {
  const char close = json[at] == '{' ? '}' : ']';
  for (++at; at < json.size() && is_space(json[at]);) ++at;
  return at < json.size() && json[at] == close;
}

}  // namespace

std::string pretty_json(std::string_view json) {
  std::string result;
  std::vector<bool> is_broken;  // for each open container: one element a line
  const auto new_line = [&] { result += "\n" + std::string(2 * is_broken.size(), ' '); };
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '{' || c == '[') {
      result += c;
      const bool breaks = !is_empty_container(json, at) && (c == '{' || !is_flat_array(json, at));
      is_broken.push_back(breaks);
      if (breaks) new_line();
    } else if ((c == '}' || c == ']') && !is_broken.empty()) {
      const bool breaks = is_broken.back();
      is_broken.pop_back();
      if (breaks) new_line();
      result += c;
    } else if (c == ',') {
      result += c;
      if (!is_broken.empty() && is_broken.back()) {
        new_line();
      } else {
        result += ' ';
      }
    } else if (c == ':') {
      result += ": ";
    } else if (!is_space(c)) {
      const std::size_t end = end_of_value(json, at);
      result += json.substr(at, end - at);
      at = end;
      continue;
    }
    ++at;
  }
  return result;
}

}  // namespace tenon::cli
