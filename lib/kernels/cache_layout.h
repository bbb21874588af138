#pragma once

#include <cstddef>
#include <cstdint>

/// How keys and values lie in memory: the order that attention reads. Plain constants, also compiled for
/// single processors.
///
/// Cells stand in groups of 16, the lanes of the widest vector; every kv head begins with a whole group.
/// Inside a group, n = head_dim:
///   keys of F32, F16, BF16    [n][16 cells]: scores of 16 positions grow side by side, no sum runs
///                             across a vector and nothing is turned round when it is read
///   values of F32, F16, BF16  [16 cells][n]
///   keys of Q8_0              scales, float16 [n / 32][16 cells], then codes [n / 4][16 cells][4], stored
///                             as code + 128: what an integer dot product of bytes takes from one side
///   values of Q8_0            scales alike, then signed codes [16 cells][n]
/// A number of Q8_0 is scale * code, one scale for 32 numbers of a cell, |code| <= 127.
namespace tenon::kernels {

enum class CacheFormat : int { F32, F16, BF16, Q8_0 };

inline constexpr int kCellGroup = 16;
inline constexpr int kCacheScaleNumbers = 32;  // numbers of Q8_0 that share a scale
inline constexpr int kCacheCodeOffset = 128;   // added to the codes of keys

constexpr std::int64_t cell_groups(std::int64_t cells) {
  return cells / kCellGroup + (cells % kCellGroup != 0 ? 1 : 0);
}
constexpr int cache_number_bytes(CacheFormat format) {
  return format == CacheFormat::F32 ? 4 : format == CacheFormat::Q8_0 ? 1 : 2;
}
/// Bytes of the scales that a group begins with.
constexpr std::int64_t cache_scale_bytes(CacheFormat format, int head_dim) {
  return format == CacheFormat::Q8_0
             ? std::int64_t{2} * kCellGroup * (head_dim / kCacheScaleNumbers)
             : 0;
}
/// Bytes of the keys, or the values, of a group.
constexpr std::int64_t cache_group_bytes(CacheFormat format, int head_dim) {
  return cache_scale_bytes(format, head_dim) +
         std::int64_t{kCellGroup} * head_dim * cache_number_bytes(format);
}
/// Numbers of a key that lie side by side.
constexpr int key_run(CacheFormat format) {
  return format == CacheFormat::Q8_0 ? 4 : 1;
}

}  // namespace tenon::kernels
