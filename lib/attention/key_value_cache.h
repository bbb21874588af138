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
  DType dtype = DType::F16;  // F32, F16 or BF16

  bool operator==(const KeyValueCacheShape&) const = default;
};

/// Keys and values of one sequence, in every layer: two arrays [kv_heads, cells, head_dim] a layer.
/// A cell holds one position; which one is the owner's affair. Memory that no cell was written to
/// stays untouched.
class KeyValueCache {
 public:
  /// Throws Error(Unsupported) for a dtype that caches are not kept in, Error(Resource) where
  /// memory is short.
  KeyValueCache(const KeyValueCacheShape& shape, std::int64_t cells);

  const KeyValueCacheShape& shape() const { return shape_; }
  std::int64_t cells() const { return cells_; }
  std::size_t bytes() const;
  /// Bytes of one head's key (or value) in one cell.
  std::size_t row_bytes() const { return row_bytes_; }

  kernels::KeyValueView view(std::int64_t layer) const;
  std::byte* key(std::int64_t layer, std::int64_t kv_head, std::int64_t cell);
  std::byte* value(std::int64_t layer, std::int64_t kv_head, std::int64_t cell);

  /// Makes room for `cells` cells and keeps the first `used`. Where memory is short it throws and
  /// nothing has changed; layers move one by one, so the old and the new are never resident
  /// together.
  void grow(std::int64_t cells, std::int64_t used);
  /// Copies a cell over another, in every layer and head.
  void copy_cell(std::int64_t from, std::int64_t to);
  /// Copies the first `count` cells of a cache of the same shape.
  void copy_cells(const KeyValueCache& source, std::int64_t count);

  /// The first `count` cells, packed: a layer after the other, keys then values, [kv_heads, count,
  /// head_dim].
  std::size_t packed_bytes(std::int64_t count) const;
  void pack(std::int64_t count, std::byte* destination) const;
  void unpack(std::int64_t count, const std::byte* source);

 private:
  std::size_t offset(std::int64_t kv_head, std::int64_t cell) const;

  KeyValueCacheShape shape_;
  std::int64_t cells_ = 0;
  std::size_t row_bytes_ = 0;
  std::vector<AlignedBuffer<std::byte>> layers_;  // keys, then values
};

}  // namespace tenon::attention
