#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::generation {

/// Watches a text that comes in pieces for the first of several stop texts. Bytes that may still become a
/// stop text are held back, so what was let through never has to be taken back.
///
/// The text ends at the first byte where some stop text is complete, and is cut in front of that stop
/// text (the longest, where several end there). So the result does not depend on how the text falls into
/// pieces.
class StopText {
 public:
  /// Without stop texts everything passes at once. Throws Error(Usage) for an empty one.
  explicit StopText(std::vector<std::string> stop_texts);

  /// What of the text so far is certain. After a match nothing comes through any more.
  std::string push(std::string_view bytes);
  /// What was held back, at the end of a text without a match.
  std::string finish();

  bool has_matched() const { return matched_.has_value(); }
  /// The stop text that was met.
  const std::string& matched() const { return stop_texts_[*matched_]; }

 private:
  std::size_t length_held_back() const;

  std::vector<std::string> stop_texts_;
  std::string held_;
  std::optional<std::size_t> matched_;
};

}  // namespace tenon::generation
