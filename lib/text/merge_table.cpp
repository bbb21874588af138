#include "text/merge_table.h"

#include <bit>

namespace tenon::text {

// At most half full, so that a search ends after a step or two.
MergeTable::MergeTable(std::size_t merges)
    : entries_(std::bit_ceil(2 * merges + 1)), mask_(entries_.size() - 1) {}

void MergeTable::insert(std::int32_t left, std::int32_t right, PairMerge merge) {
  const std::uint64_t key = key_of(left, right);
  std::size_t i = slot_of(key);
  while (entries_[i].key != kEmpty && entries_[i].key != key) i = (i + 1) & mask_;
  if (entries_[i].key == kEmpty) entries_[i] = {key, merge};
}

}  // namespace tenon::text
