#include "base/suggest.h"

#include <algorithm>
#include <cctype>

namespace tenon {
namespace {

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

// A typing slip in a short word already makes another word.
std::size_t allowed_distance(std::size_t length) {
  if (length <= 4) return 1;
  return length <= 8 ? 2 : 3;
}

bool begins_with(std::string_view word, std::string_view start) {
  return word.size() >= start.size() &&
         std::equal(start.begin(), start.end(), word.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the table: distances between the first i letters of a and the first j of b.
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool is_same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (is_same ? 0 : 1)});
      const bool is_swap = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (is_swap) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::vector<std::string> closest_words(std::string_view word,
                                       const std::vector<std::string>& candidates) {
  constexpr std::size_t kShortestStart = 3, kLongestWord = 256, kMost = 3;
  std::vector<std::string> best;
  if (word.size() > kLongestWord) return best;
  std::size_t least = allowed_distance(word.size());
  for (const std::string& candidate : candidates) {
    const std::size_t edits = edit_distance(word, candidate);
    const bool is_start = word.size() >= kShortestStart && begins_with(candidate, word);
    if (edits >= word.size() && !is_start) continue;  // nothing of it is left
    const std::size_t distance = is_start ? std::min<std::size_t>(edits, 1) : edits;
    if (distance > least) continue;
    if (distance < least) best.clear();
    least = distance;
    if (best.size() < kMost) best.push_back(candidate);
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const auto words = closest_words(word, candidates);
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text.empty() ? text : "did you mean " + text + "?";
}

}  // namespace tenon
