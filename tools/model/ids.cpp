#include "ids.h"

#include <charconv>

#include "base/error.h"

namespace tenon::model_tool {

namespace {

// The words of `text` between any of `separators`.
std::vector<std::string_view> words(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> result;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(separators);
    if (end != 0) result.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return result;
}

bool parse_integer(std::string_view word, std::int64_t& value) {
  const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
  return code == std::errc() && end == word.data() + word.size();
}

}  // namespace

std::vector<std::int32_t> parse_ids(std::string_view text, std::int64_t vocab) {
  std::vector<std::int32_t> ids;
  for (const std::string_view word : words(text, " ,\t\r\n")) {
    std::int64_t value = -1;
    if (!parse_integer(word, value))
      throw Error(ErrorKind::Usage, "a token id must be a number, not " + quoted(word));
    if (value < 0 || value >= vocab)
      throw Error(ErrorKind::Usage, "there is no token " + std::string(word) +
                                        ": the model has tokens 0 to " + std::to_string(vocab - 1));
    ids.push_back(static_cast<std::int32_t>(value));
  }
  return ids;
}

std::string join_ids(std::span<const std::int32_t> ids) {
  std::string text;
  for (const std::int32_t id : ids) text += (text.empty() ? "" : " ") + std::to_string(id);
  return text;
}

std::vector<std::int64_t> parse_counts(std::string_view text, std::string_view option,
                                       std::int64_t minimum) {
  std::vector<std::int64_t> counts;
  for (const std::string_view word : words(text, ",")) {
    std::int64_t value = -1;
    if (!parse_integer(word, value) || value < minimum)
      throw Error(ErrorKind::Usage, std::string(option) + ": " + quoted(word) +
                                        " is not a whole number of at least " +
                                        std::to_string(minimum));
    counts.push_back(value);
  }
  if (counts.empty())
    throw Error(ErrorKind::Usage, std::string(option) + ": at least one number is needed");
  return counts;
}

}  // namespace tenon::model_tool
