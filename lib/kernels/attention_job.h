#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cache_layout.h"

/// What the attention kernels are called with: the rows of kernels.h without standard library types, for
/// files compiled for one processor.
namespace tenon::kernels {

/// KeyValueView without standard library types.
struct AttentionCache {
  CacheFormat format;
  const std::byte* keys;
  const std::byte* values;
  std::int64_t groups;  // of 16 cells, a kv head
  int head_dim;
};
/// AttentionRow likewise.
struct AttentionQuery {
  const float* query;
  float* output;
  AttentionCache cache;
  std::int32_t prefix;
  const std::int32_t* tail;
  std::int32_t tail_size;
  std::int32_t
      straight;  // leading positions that lie in cells of the same number, the prefix at least
};
struct AttentionJob {
  const AttentionQuery* rows;
  int row_count;
  int heads;
  int group;  // query heads per key-value head
  float scale;
  std::int32_t window;
};

}  // namespace tenon::kernels
