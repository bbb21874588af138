#pragma once

#include <immintrin.h>

#include "kernels/avx512/operations.h"
#include "kernels/avx512/transpose.h"
#include "kernels/avx512/vectors.h"

namespace tenon::kernels::avx512 {
namespace {

inline constexpr int kBlock = 64;  // kernels::kAttentionBlock
inline constexpr int kBlockVectors = kBlock / 16;
inline constexpr int kChunkBlocks = 4;  // kernels::kAttentionChunk / kAttentionBlock

constexpr int padded_dim(int head_dim) {
  return (head_dim + 15) / 16 * 16;
}

template <CacheFormat kFormat>
[[gnu::always_inline]] inline __m512 load_cache(const std::byte* at, __mmask16 lanes) {
  if constexpr (kFormat == CacheFormat::F32) return _mm512_maskz_loadu_ps(lanes, at);
  const __m256i halves = _mm256_maskz_loadu_epi16(lanes, at);
  if constexpr (kFormat == CacheFormat::F16) return _mm512_cvtph_ps(halves);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

/// The keys and values of one block of 64 logical positions of one kv head, as float32: keys transposed
/// (vectors of 16 positions, so that scores need no horizontal sums), values as they are. Every row
/// that sees the same cells uses the same panel; where few cells differ (branches of a tree), only the
/// groups of 16 positions that hold them are read again.
class BlockPanel {
 public:
  BlockPanel(float* memory, int head_dim)
      : keys_(memory),
        values_(memory + kBlock * padded_dim(head_dim)),
        head_dim_(head_dim),
        padded_(padded_dim(head_dim)) {}
  static std::size_t floats(int head_dim) {
    return 2 * kBlock * static_cast<std::size_t>(padded_dim(head_dim));
  }

  /// Positions 16v .. 16v + 15: [head_dim][16].
  const float* keys(int vector) const { return keys_ + vector * 16 * padded_; }
  const float* value(int position) const { return values_ + position * padded_; }
  int padded() const { return padded_; }

  /// Makes the panel hold cells[0 .. count) of `cache`, kv head `kv_head`.
  void fill(const AttentionCache& cache, std::int64_t kv_head, const std::int32_t* cells,
            int count) {
    if (cache.keys != held_keys_ || kv_head != held_head_)
      for (std::int32_t& cell : cells_) cell = kNoCell;
    held_keys_ = cache.keys;
    held_head_ = kv_head;
    for (int first = 0; first < count; first += 16) {
      const int end = count < first + 16 ? count : first + 16;
      if (holds(cells, first, end)) continue;
      for (int i = first; i < first + 16; ++i) cells_[i] = i < end ? cells[i] : kNoCell;
      switch (cache.format) {
        case CacheFormat::F32:
          read<CacheFormat::F32>(cache, first, end);
          break;
        case CacheFormat::F16:
          read<CacheFormat::F16>(cache, first, end);
          break;
        case CacheFormat::BF16:
          read<CacheFormat::BF16>(cache, first, end);
          break;
      }
    }
  }

 private:
  static constexpr std::int32_t kNoCell = -1;

  bool holds(const std::int32_t* cells, int first, int end) const {
    for (int i = first; i < end; ++i)
      if (cells_[i] != cells[i]) return false;
    return true;
  }

  template <CacheFormat kFormat>
  void read(const AttentionCache& cache, int first, int end) {
    constexpr std::int64_t kBytes = kFormat == CacheFormat::F32 ? 4 : 2;
    const std::int64_t row_bytes = kBytes * head_dim_;
    const std::int64_t head = held_head_ * cache.cells;
    for (int d = 0; d < head_dim_; d += 16) {
      const __mmask16 lanes = first_lanes(head_dim_ - d);
      __m512i square[16];
      for (int i = 0; i < 16; ++i) {
        // Absent positions repeat the last one: their scores are never used.
        const int position = first + i < end ? first + i : end - 1;
        const std::int64_t at = (head + cells_[position]) * row_bytes + d * kBytes;
        square[i] = _mm512_castps_si512(load_cache<kFormat>(cache.keys + at, lanes));
        if (first + i < end)
          _mm512_store_ps(values_ + position * padded_ + d,
                          load_cache<kFormat>(cache.values + at, lanes));
      }
      transpose_square(square);
      float* to = keys_ + (first / 16 * padded_ + d) * 16;
      for (int i = 0; i < 16; ++i) _mm512_store_si512(to + 16 * i, square[i]);
    }
  }

  float* keys_;
  float* values_;
  int head_dim_;
  int padded_;
  const std::byte* held_keys_ = nullptr;
  std::int64_t held_head_ = -1;
  std::int32_t cells_[kBlock];
};

}  // namespace
}  // namespace tenon::kernels::avx512
