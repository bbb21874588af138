#pragma once

#include <cstdint>
#include <vector>

#include "text/pair_merging.h"

namespace tenon::text {

/// (left token, right token) → rank and merged token: a hash table with open addressing, built once
/// for a known number of merges.
class MergeTable {
 public:
  explicit MergeTable(std::size_t merges);

  /// Keeps what is there already: of two merges of one pair the better rank counts.
  void insert(std::int32_t left, std::int32_t right, PairMerge merge);

  /// No priority (MergePart::kNone) where the pair does not merge.
  PairMerge find(std::int32_t left, std::int32_t right) const {
    const std::uint64_t key = key_of(left, right);
    for (std::size_t i = slot_of(key);; i = (i + 1) & mask_) {
      if (entries_[i].key == key) return entries_[i].merge;
      if (entries_[i].key == kEmpty) return {};
    }
  }

 private:
  // Tokens are not negative, so no pair looks like this.
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};

  struct Entry {
    std::uint64_t key = kEmpty;
    PairMerge merge;
  };

  static std::uint64_t key_of(std::int32_t left, std::int32_t right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
           static_cast<std::uint32_t>(right);
  }
  std::size_t slot_of(std::uint64_t key) const {
    return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15u) >> 32) & mask_;
  }

  std::vector<Entry> entries_;
  std::size_t mask_;
};

}  // namespace tenon::text
