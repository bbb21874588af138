#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_buffer.h"
#include "kernels/kernels.h"
#include "precision/dtype.h"

namespace tenon::attention {

struct KeyValueCacheShape {
  std::int64_t layers = 0;
  int kv_heads = 0;
  int head_dim = 0;
  DType dtype = DType::F16;  // F32, F16, BF16, or Q8_0 where head_dim is a multiple of 32

  bool operator==(const KeyValueCacheShape&) const = default;
};

/// Keys and values of one sequence, in every layer, in the order of kernels/cache_layout.h: groups of
/// 16 cells. A cell holds one position; which one is the owner's affair. Memory of groups that no
/// cell was written to stays untouched.
///
/// Q8_0 is refused where heads are no multiple of 32 numbers: a block that is padded would cost more
/// memory than it saves, and heads of 80 or 96 + 16 have f16 to go on with.
class KeyValueCache {
 public:
  /// Throws Error(Unsupported) for a dtype that caches are not kept in or that does not fit the
  /// heads, Error(Resource) where memory is short.
  KeyValueCache(const KeyValueCacheShape& shape, std::int64_t cells);

  const KeyValueCacheShape& shape() const { return shape_; }
  std::int64_t cells() const { return cells_; }
  std::size_t bytes() const;
  /// What kernels read, and store single cells into.
  kernels::KeyValueView view(std::int64_t layer);

  /// Makes room for `cells` cells and keeps the first `used`. Where memory is short it throws and
  /// nothing has changed; layers move one by one, so the old and the new are never resident
  /// together.
  void grow(std::int64_t cells, std::int64_t used);
  /// Copies a cell over another, in every layer and head.
  void copy_cell(std::int64_t from, std::int64_t to);
  /// Copies the first `count` cells of a cache of the same shape; what the last one's group held
  /// behind them is lost.
  void copy_cells(const KeyValueCache& source, std::int64_t count);

  /// The first `count` cells, packed: a layer after the other, keys then values, [kv_heads, count,
  /// head_dim] in the cache's type (Q8_0: the blocks of 34 bytes that files have). Of unpacking as of
  /// copying.
  std::size_t packed_bytes(std::int64_t count) const;
  void pack(std::int64_t count, std::byte* destination) const;
  void unpack(std::int64_t count, const std::byte* source);

 private:
  KeyValueCacheShape shape_;
  std::int64_t cells_ = 0;
  std::size_t row_bytes_ = 0;                     // of one head's key or value in one cell, packed
  std::size_t group_bytes_ = 0;                   // of 16 cells
  std::vector<AlignedBuffer<std::byte>> layers_;  // keys, then values
};

}  // namespace tenon::attention
