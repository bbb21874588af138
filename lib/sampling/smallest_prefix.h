#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tenon::sampling {

/// Finds the smallest set of first items, in the order `less`, whose weights add up to at least `wanted`;
/// moves it to the front (unsorted within) and returns its size: all items where the total falls short.
///
/// Linear in the number of items: growing chunks are split off without sorting while they fit as a whole,
/// and the chunk that holds the end is halved. `less` must be a total order.
template <typename Item, typename Less, typename Weight>
std::size_t smallest_prefix(std::vector<Item>& items, double wanted, Less less, Weight weight) {
  constexpr std::size_t kFirstChunk = 64, kGrowth = 4, kSortedBelow = 16;
  const auto at = [&](std::size_t i) { return items.begin() + static_cast<std::ptrdiff_t>(i); };
  std::size_t begin = 0, end = items.size();
  double total = 0.0;  // of the items before `begin`
  // The end of the prefix is in [begin, end]; everything from `end` on comes after everything before.
  for (std::size_t chunk = kFirstChunk; end - begin > kSortedBelow;) {
    const bool is_growing = end == items.size() && end - begin > chunk;
    const std::size_t middle = begin + (is_growing ? chunk : (end - begin) / 2);
    std::nth_element(at(begin), at(middle), at(end), less);
    double part = 0.0;
    for (std::size_t i = begin; i < middle; ++i) part += weight(items[i]);
    if (total + part >= wanted) {
      end = middle;
    } else {
      total += part;
      begin = middle;
      chunk *= kGrowth;
    }
  }
  std::sort(at(begin), at(end), less);
  for (; begin < end && total < wanted; ++begin) total += weight(items[begin]);
  return begin;
}

}  // namespace tenon::sampling
