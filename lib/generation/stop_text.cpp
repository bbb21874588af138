#include "generation/stop_text.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace tenon::generation {

StopText::StopText(std::vector<std::string> stop_texts) : stop_texts_(std::move(stop_texts)) {
  for (const std::string& text : stop_texts_)
    if (text.empty()) throw Error(ErrorKind::Usage, "a stop text is empty, it would stop at once");
}

std::string StopText::push(std::string_view bytes) {
  if (has_matched()) return {};
  held_ += bytes;

  std::size_t first_end = std::string::npos, start = 0;
  for (std::size_t i = 0; i < stop_texts_.size(); ++i) {
    const std::size_t found = held_.find(stop_texts_[i]);
    if (found == std::string::npos) continue;
    const std::size_t end = found + stop_texts_[i].size();
    if (end > first_end || (end == first_end && found >= start)) continue;
    first_end = end;
    start = found;
    matched_ = i;
  }
  const std::size_t certain = has_matched() ? start : held_.size() - length_held_back();
  std::string passed = held_.substr(0, certain);
  held_.erase(0, has_matched() ? held_.size() : certain);
  return passed;
}

std::string StopText::finish() {
  return std::exchange(held_, {});
}

std::size_t StopText::length_held_back() const {
  // The longest end of what is held that is the beginning of a stop text.
  std::size_t longest = 0;
  for (const std::string& text : stop_texts_) {
    for (std::size_t length = std::min(held_.size(), text.size() - 1); length > longest; --length) {
      if (!held_.ends_with(std::string_view(text).substr(0, length))) continue;
      longest = length;
      break;
    }
  }
  return longest;
}

}  // namespace tenon::generation
