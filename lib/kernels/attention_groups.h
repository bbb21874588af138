#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/attention_job.h"

/// What a row of attention sees of a chunk of positions, and where that lies: groups of 16 cells in the
/// cache, or put together where positions are not in cells of their own number. Plain data and functions of
/// internal linkage only: also compiled for single processors.
namespace tenon::kernels {

namespace {

inline constexpr int kChunkGroups = 16;
inline constexpr int kChunk = kChunkGroups * kCellGroup;  // kAttentionChunk

constexpr int padded_dim(int head_dim) {
  return (head_dim + 15) / 16 * 16;
}

// -- What a row sees ------------------------------------------------------------------------------

std::int64_t visible_positions(const AttentionQuery& row) {
  return std::int64_t{row.prefix} + row.tail_size;
}

std::int64_t cell_at(const AttentionQuery& row, std::int64_t position) {
  return position < row.prefix ? position : row.tail[position - row.prefix];
}

/// Positions [begin, end) of a chunk, counted from its first.
struct Visible {
  int begin, end;
  bool is_empty() const { return begin >= end; }
  int groups() const { return (end + kCellGroup - 1) / kCellGroup; }
};

int within(std::int64_t position, std::int64_t first) {
  const std::int64_t place = position - first;
  return static_cast<int>(place < 0 ? 0 : place < kChunk ? place : kChunk);
}

Visible visible_in_chunk(const AttentionJob& job, const AttentionQuery& row, std::int64_t chunk) {
  const std::int64_t first = chunk * kChunk, count = visible_positions(row);
  const std::int64_t oldest = job.window > 0 && count > job.window ? count - job.window : 0;
  return {within(oldest, first), within(count, first)};
}

/// Groups of the chunk, from its first, that a row can read where they lie.
int straight_groups(const AttentionQuery& row, std::int64_t chunk) {
  if (row.straight == visible_positions(row)) return kChunkGroups;  // cells behind it are not used
  return within(row.straight, chunk * kChunk) / kCellGroup;
}

/// Some groups that follow each other.
struct Groups {
  CacheFormat format;
  int head_dim;
  const std::byte* first;
  std::int64_t stride;  // bytes between groups
  int count;
  int place;  // of the first, in its chunk
};

Groups groups_in_cache(const AttentionCache& cache, const std::byte* base, std::int64_t kv_head,
                       std::int64_t chunk, int place, int count) {
  const std::int64_t stride = cache_group_bytes(cache.format, cache.head_dim);
  const std::int64_t index = kv_head * cache.groups + chunk * kChunkGroups + place;
  return {cache.format, cache.head_dim, base + index * stride, stride, count, place};
}

// -- Groups put together -----------------------------------------------------------------------------

/// Groups whose cells are scattered, as one row after another sees them. Rows that see the same cells
/// find them in place; where few differ (branches of a tree) only those are read again.
class GatheredGroups {
 public:
  static constexpr int kSlots = 4;
  static constexpr std::size_t floats(int head_dim) {
    return 2 * kSlots * kCellGroup * static_cast<std::size_t>(padded_dim(head_dim));
  }
  GatheredGroups(float* memory, int head_dim) {
    for (Slot& slot : slots_) {
      slot.memory = reinterpret_cast<std::byte*>(memory);
      memory += 2 * kCellGroup * padded_dim(head_dim);
    }
  }

  /// The group at `place` of the chunk; valid until kSlots others were asked for.
  Groups keys(const AttentionQuery& row, std::int64_t kv_head, std::int64_t chunk, int place) {
    const Slot& slot = fill(row, kv_head, chunk, place);
    return {row.cache.format, row.cache.head_dim, slot.memory, 0, 1, place};
  }
  Groups values(const AttentionQuery& row, std::int64_t kv_head, std::int64_t chunk, int place) {
    const Slot& slot = fill(row, kv_head, chunk, place);
    return {row.cache.format, row.cache.head_dim, slot.memory + bytes(row.cache), 0, 1, place};
  }

 private:
  struct Slot {
    std::byte* memory = nullptr;  // keys, then values
    const std::byte* source = nullptr;
    std::int64_t kv_head = -1;
    std::int64_t cells[kCellGroup] = {};
  };

  static std::int64_t bytes(const AttentionCache& cache) {
    return cache_group_bytes(cache.format, cache.head_dim);
  }

  const Slot& fill(const AttentionQuery& row, std::int64_t kv_head, std::int64_t chunk, int place) {
    Slot& slot = slots_[place % kSlots];
    if (slot.source != row.cache.keys || slot.kv_head != kv_head)
      for (std::int64_t& cell : slot.cells) cell = -1;
    slot.source = row.cache.keys;
    slot.kv_head = kv_head;
    const std::int64_t first = chunk * kChunk + place * kCellGroup;
    for (int lane = 0; lane < kCellGroup && first + lane < visible_positions(row); ++lane) {
      const std::int64_t cell = cell_at(row, first + lane);
      if (slot.cells[lane] != cell) copy(row.cache, kv_head, cell, slot.memory, lane);
      slot.cells[lane] = cell;
    }
    return slot;
  }

  static void copy(const AttentionCache& cache, std::int64_t kv_head, std::int64_t cell,
                   std::byte* to, int lane) {
    const std::int64_t size = bytes(cache);
    const std::int64_t at = (kv_head * cache.groups + cell / kCellGroup) * size;
    const int from_lane = static_cast<int>(cell % kCellGroup);
    const std::int64_t scales = cache_scale_bytes(cache.format, cache.head_dim);
    const std::int64_t row = std::int64_t{cache.head_dim} * cache_number_bytes(cache.format);
    const std::byte* values = cache.values + at;
    copy_lane<2>(values, from_lane, to + size, lane, scales / (2 * kCellGroup));
    __builtin_memcpy(to + size + scales + lane * row, values + scales + from_lane * row,
                     static_cast<std::size_t>(row));
    const std::byte* keys = cache.keys + at;
    copy_lane<2>(keys, from_lane, to, lane, scales / (2 * kCellGroup));
    if (cache.format == CacheFormat::F16 || cache.format == CacheFormat::BF16)
      copy_lane<2>(keys, from_lane, to, lane, row / 2);
    else
      copy_lane<4>(keys + scales, from_lane, to + scales, lane, row / 4);
  }
  // One of 16 columns of `count` items.
  template <int kBytes>
  static void copy_lane(const std::byte* from, int from_lane, std::byte* to, int lane,
                        std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i)
      __builtin_memcpy(to + (i * kCellGroup + lane) * kBytes,
                       from + (i * kCellGroup + from_lane) * kBytes, kBytes);
  }

  Slot slots_[kSlots];
};

}  // namespace
}  // namespace tenon::kernels
