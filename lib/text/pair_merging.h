#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace tenon::text {

/// One of the parts that a word is cut into while pairs of neighbours are merged.
struct MergePart {
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t begin = 0;   // bytes of the word
  std::uint32_t length = 0;  // 0 once merged into the part on its left
  std::int32_t token = -1;   // -1: no token of the vocabulary
  std::uint32_t previous = kNone, next = kNone;
  // The merge with the next part: the smaller priority goes first; kNone where they do not merge.
  std::uint32_t priority = kNone;
  std::int32_t merged_token = -1;
};

/// The merge of two neighbours, as a vocabulary answers it.
struct PairMerge {
  std::uint32_t priority = MergePart::kNone;
  std::int32_t token = -1;
};

/// Appends a part behind the last one.
inline void append_part(std::vector<MergePart>& parts, std::uint32_t begin, std::uint32_t length,
                        std::int32_t token) {
  const auto index = static_cast<std::uint32_t>(parts.size());
  if (index > 0) parts.back().next = index;
  parts.push_back({.begin = begin,
                   .length = length,
                   .token = token,
                   .previous = index > 0 ? index - 1 : MergePart::kNone});
}

/// Merges neighbours until none is left that merges: always the pair with the smallest priority, of
/// equal ones the leftmost (Sennrich et al. 2016, section 3.2, with the priority queue of
/// SentencePiece). O(n log n) for n parts. `find_pair(left, right)` gives the PairMerge of two
/// MergeParts. What remains is the chain from parts[0] along `next`. `queue` is working memory,
/// kept by the caller to be reused.
template <class FindPair>
void merge_pairs(std::vector<MergePart>& parts, std::vector<std::uint64_t>& queue,
                 FindPair find_pair) {
  // An entry is priority and position in one number, so that the smallest number is the next merge.
  // It is out of date when the part at that position has another priority by now.
  constexpr std::greater<std::uint64_t> kSmallestFirst;
  queue.clear();
  const auto update = [&](std::uint32_t position) {
    MergePart& part = parts[position];
    const PairMerge merge =
        part.next == MergePart::kNone ? PairMerge{} : find_pair(part, parts[part.next]);
    part.priority = merge.priority;
    part.merged_token = merge.token;
    if (merge.priority == MergePart::kNone) return false;
    queue.push_back(static_cast<std::uint64_t>(merge.priority) << 32 | position);
    return true;
  };
  const auto update_and_sift = [&](std::uint32_t position) {
    if (update(position)) std::push_heap(queue.begin(), queue.end(), kSmallestFirst);
  };

  for (std::uint32_t i = 0; i < parts.size(); ++i) update(i);
  std::make_heap(queue.begin(), queue.end(), kSmallestFirst);
  while (!queue.empty()) {
    const std::uint64_t entry = queue.front();
    std::pop_heap(queue.begin(), queue.end(), kSmallestFirst);
    queue.pop_back();
    const auto position = static_cast<std::uint32_t>(entry);
    MergePart& left = parts[position];
    if (left.priority != static_cast<std::uint32_t>(entry >> 32)) continue;
    MergePart& right = parts[left.next];
    left.token = left.merged_token;
    left.length += right.length;
    left.next = right.next;
    if (left.next != MergePart::kNone) parts[left.next].previous = position;
    right.length = 0;
    right.priority = MergePart::kNone;
    update_and_sift(position);
    if (left.previous != MergePart::kNone) update_and_sift(left.previous);
  }
}

}  // namespace tenon::text
