#pragma once

#include <immintrin.h>

#include "kernels/avx512/int8_formats.h"

/// The integer matrix product, one template for all block formats.
///
/// Roofline of the inner step, a block of 32 inputs x 16 columns for R rows: the weights come from memory
/// once (320 bytes of Q4_1, 13 ns of a core's half of 50 GB/s) and are unpacked once into eight registers.
/// Each row spends 8 vpdpbusd, a multiplication and two or three multiply-adds on the two multiplying
/// ports, 5.5 or 6 cycles; conversions, additions and shifts have ports of their own. Eight rows hide
/// behind the memory; from there on the multiplying ports are the bound.
///
/// The loads would be a second bound as near, two a cycle: a block of activations is ten. So two tiles go
/// side by side, their codes in 16 registers, and what is loaded of a row serves both; the sums of the rows
/// wait in the first-level cache.
///
/// Order of float sums per output: blocks in rising input order, one chain. No count of rows
/// changes it, so every cut gives the same bits.
namespace tenon::kernels::avx512 {
namespace {

/// Rows that share one unpacking, enough to make it cheap; 64 gained nothing more.
inline constexpr int kMaxRows = 32;
/// Activation bytes of the row groups that share a visit of a tile to the second-level cache.
inline constexpr std::int64_t kPanelBytes = 256 << 10;
/// How far ahead of use weights are asked for. With many rows a core holds but a block in flight, so the
/// distance has to cover the memory's latency.
inline constexpr std::int64_t kPrefetchBytes = 8192;

/// Where the groups of kTiles tiles that lie side by side have what belongs to a block.
template <PackedFormat kFormat, int kTiles>
struct TileSet {
  using F = Format<kFormat>;
  static constexpr PackedLayout kLayout = F::kLayout;
  static constexpr int kHeaderBytes = kLayout.header_bytes, kBlockBytes = kLayout.block_bytes();
  static constexpr int kGroupBytes = kTiles * kLayout.group_bytes();
  static constexpr int kGroupBlocks = kLayout.group_blocks;
  static constexpr int kBlockLines = kBlockBytes / 64;
  [[gnu::always_inline]] static inline const std::uint8_t* header(const std::uint8_t* group,
                                                                  int t) {
    return group + t * kHeaderBytes;
  }
  [[gnu::always_inline]] static inline void prefetch_headers(const std::uint8_t* group) {
    unroll<kTiles * kHeaderBytes / 64>(
        [&]<int i>() [[gnu::always_inline]] { prefetch_line(group + kPrefetchBytes + 64 * i); });
  }
  [[gnu::always_inline]] static inline const std::uint8_t* block(const std::uint8_t* group, int j,
                                                                 int t) {
    return group + kTiles * kHeaderBytes + (kTiles * j + t) * kBlockBytes;
  }
};

[[gnu::always_inline]] inline const ActivationBlock& activation_at(const std::byte* address) {
  return *reinterpret_cast<const ActivationBlock*>(address);
}

[[gnu::always_inline]] inline void store_sums(const ProductJob& job, std::int64_t tile, int row,
                                              __m512 sums) {
  const __mmask16 lanes = first_lanes(job.columns - tile * kTileColumns);
  _mm512_mask_storeu_ps(job.output + row * job.output_stride + tile * kTileColumns, lanes, sums);
}

/// kTiles tiles for kRows rows, few enough for their sums to stay in registers. One tile's codes after the
/// other's, because memory is what this waits for.
template <PackedFormat kFormat, int kTiles, int kRows>
void multiply_few_rows(const ProductJob& job, std::int64_t tile, int first_row) {
  using Set = TileSet<kFormat, kTiles>;
  const std::uint8_t* group = job.tiles + static_cast<std::size_t>(tile) * job.tile_bytes;
  const std::uint8_t* end = group + kTiles * job.tile_bytes;
  const std::byte* activations =
      job.activations + static_cast<std::size_t>(first_row) * job.activation_bytes;
  __m512 sums[kTiles][kRows];
  unroll<kTiles * kRows>(
      [&]<int i>() [[gnu::always_inline]] { sums[i / kRows][i % kRows] = _mm512_setzero_ps(); });
  for (; group < end; group += Set::kGroupBytes) {
    Set::prefetch_headers(group);
    for (int j = 0; j < Set::kGroupBlocks; ++j, activations += sizeof(ActivationBlock))
      unroll<kTiles>([&]<int t>() [[gnu::always_inline]] {
        const std::uint8_t* block = Set::block(group, j, t);
        unroll<Set::kBlockLines>([&]<int i>() [[gnu::always_inline]] {
          prefetch_line(block + kPrefetchBytes + 64 * i);
        });
        Codes codes;
        Set::F::codes(block, codes);
        const auto scales = Set::F::sums(codes, Set::header(group, t), j);
        unroll<kRows>([&]<int r>() [[gnu::always_inline]] {
          sums[t][r] =
              scales.add(sums[t][r], codes, activation_at(activations + r * job.activation_bytes));
        });
      });
  }
  unroll<kTiles * kRows>([&]<int i>() [[gnu::always_inline]] {
    store_sums(job, tile + i / kRows, first_row + i % kRows, sums[i / kRows][i % kRows]);
  });
}

/// The same for up to kMaxRows rows: what is loaded of a row serves all tiles, and sums wait in the first-level
/// cache.
template <PackedFormat kFormat, int kTiles>
void multiply_many_rows(const ProductJob& job, std::int64_t tile, int first_row, int rows) {
  using Set = TileSet<kFormat, kTiles>;
  const std::uint8_t* group = job.tiles + static_cast<std::size_t>(tile) * job.tile_bytes;
  const std::uint8_t* end = group + kTiles * job.tile_bytes;
  const std::byte* activations =
      job.activations + static_cast<std::size_t>(first_row) * job.activation_bytes;
  __m512 sums[kMaxRows][kTiles];
  for (int r = 0; r < rows; ++r)
    unroll<kTiles>([&]<int t>() [[gnu::always_inline]] { sums[r][t] = _mm512_setzero_ps(); });
  for (; group < end; group += Set::kGroupBytes) {
    Set::prefetch_headers(group);
    for (int j = 0; j < Set::kGroupBlocks; ++j, activations += sizeof(ActivationBlock)) {
      Codes codes[kTiles];
      typename Set::F::Sums scales[kTiles];
      unroll<kTiles>([&]<int t>() [[gnu::always_inline]] {
        Set::F::codes(Set::block(group, j, t), codes[t]);
        scales[t] = Set::F::sums(codes[t], Set::header(group, t), j);
      });
      // A line a row: all at once would wait for one another. In rising order, as the processor's own
      // prefetchers expect.
      const std::uint8_t* ahead = Set::block(group, j, 0) + kPrefetchBytes;
      const std::uint8_t* const ahead_end = ahead + 64 * kTiles * Set::kBlockLines;
      for (; ahead_end - ahead > 64 * rows; ahead += 64) prefetch_line(ahead);
      const std::byte* row = activations;
      for (int r = 0; r < rows; ++r, ahead += 64, row += job.activation_bytes) {
        if (ahead < ahead_end) prefetch_line(ahead);
        unroll<kTiles>([&]<int t>() [[gnu::always_inline]] {
          sums[r][t] = scales[t].add(sums[r][t], codes[t], activation_at(row));
        });
      }
    }
  }
  for (int r = 0; r < rows; ++r)
    unroll<kTiles>([&]<int t>() [[gnu::always_inline]] {
      store_sums(job, tile + t, first_row + r, sums[r][t]);
    });
}

template <PackedFormat kFormat, int kTiles>
void multiply_rows(const ProductJob& job, std::int64_t tile, int first_row, int rows) {
  switch (rows) {
    case 1:
      return multiply_few_rows<kFormat, kTiles, 1>(job, tile, first_row);
    case 2:
      return multiply_few_rows<kFormat, kTiles, 2>(job, tile, first_row);
    case 3:
      return multiply_few_rows<kFormat, kTiles, 3>(job, tile, first_row);
    case 4:
      return multiply_few_rows<kFormat, kTiles, 4>(job, tile, first_row);
    default:
      return multiply_many_rows<kFormat, kTiles>(job, tile, first_row, rows);
  }
}

/// Rows of a panel, all tiles: weights are read once a panel, from the second-level cache for every
/// further group of rows.
template <PackedFormat kFormat>
void multiply_panel(const ProductJob& job, int row_begin, int row_end) {
  const std::int64_t tiles = (job.columns + kTileColumns - 1) / kTileColumns;
  const int rows = row_end - row_begin;
  const int row_groups = (rows + kMaxRows - 1) / kMaxRows;
  for (std::int64_t tile = 0; tile < tiles; tile += 2)
    for (int g = 0; g < row_groups; ++g) {
      const int begin = row_begin + rows * g / row_groups;
      const int end = row_begin + rows * (g + 1) / row_groups;
      if (tile + 1 < tiles)
        multiply_rows<kFormat, 2>(job, tile, begin, end - begin);
      else
        multiply_rows<kFormat, 1>(job, tile, begin, end - begin);
    }
}

template <PackedFormat kFormat>
void multiply_format(const ProductJob& job) {
  const auto fit = kPanelBytes / static_cast<std::int64_t>(job.activation_bytes);
  const int panel = fit < kMaxRows ? kMaxRows : static_cast<int>(fit / kMaxRows * kMaxRows);
  for (int begin = 0; begin < job.rows; begin += panel)
    multiply_panel<kFormat>(job, begin, job.rows - begin < panel ? job.rows : begin + panel);
}

}  // namespace
}  // namespace tenon::kernels::avx512
