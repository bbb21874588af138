#pragma once

#include <cstddef>
#include <cstdint>

/// What the attention kernels are called with: the rows of kernels.h without standard library types, for
/// files compiled for one processor.
namespace tenon::kernels {

enum class CacheFormat : int { F32, F16, BF16 };

/// KeyValueView without standard library types.
struct AttentionCache {
  CacheFormat format;
  const std::byte* keys;
  const std::byte* values;
  std::int64_t cells;
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
