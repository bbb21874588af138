#pragma once

#include <immintrin.h>

#include "kernels/avx512/int8_formats.h"

/// The integer matrix product, one template for all block formats.
///
/// Roofline of the inner step, a block of 32 inputs x 16 columns for R rows: the weights come from memory
/// once (320 bytes of Q4_1, 13 ns of a core's half of 50 GB/s), are unpacked once into eight registers,
/// and each row spends 8 vpdpbusd, a conversion, a multiplication and one or two multiply-adds: 11
/// operations on the two multiplying ports, 5.5 cycles. Eight rows hide behind the memory; from there on
/// the product is bound by vpdpbusd.
///
/// Order of float sums per output: blocks in rising input order, one chain. No row, tile or chunk count
/// changes it, so every cut gives the same bits.
namespace tenon::kernels::avx512 {
namespace {

/// Rows that share one unpacking: 16 accumulators, 8 registers of codes and room for temporaries.
inline constexpr int kMaxRows = 16;
/// Tiles that share a visit of the activations to the first-level cache.
inline constexpr int kTilesAtOnce = 4;
/// Activation bytes that may stay in the first-level cache beside the stream of weights.
inline constexpr std::int64_t kActivationBytesAtOnce = 16 << 10;
/// Activation bytes of the row groups that share a visit of a tile to the second-level cache.
inline constexpr std::int64_t kPanelBytes = 256 << 10;
/// How far ahead of use weights are asked for.
inline constexpr std::int64_t kPrefetchBytes = 2048;

/// A run of groups of one tile, and where the stream goes on after it.
struct WeightRun {
  const std::uint8_t* begin;
  std::int64_t groups;
  const std::uint8_t* next;
};

/// Asks for the lines `kPrefetchBytes` ahead in the order in which runs are read.
template <int kLines>
[[gnu::always_inline]] inline void prefetch_ahead(const std::uint8_t* at, const std::uint8_t* end,
                                                  const std::uint8_t* next) {
  const std::uint8_t* ahead = at + kPrefetchBytes;
  if (ahead >= end) ahead = next + (ahead - end);
  unroll<kLines>([&]<int i>() [[gnu::always_inline]] {
    _mm_prefetch(reinterpret_cast<const char*>(ahead + 64 * i), _MM_HINT_T0);
  });
}

/// sums[r] += run x activations of row r. `activations` is the run's first block of the first row.
template <PackedFormat kFormat, int kRows>
void multiply_run(const WeightRun& run, const ActivationBlock* activations,
                  std::size_t activation_bytes, __m512* sums) {
  using F = Format<kFormat>;
  constexpr PackedLayout kLayout = F::kLayout;
  constexpr int kLinesAhead = (kLayout.group_bytes() / kLayout.group_blocks + 63) / 64;
  const std::uint8_t* weights = run.begin;
  const std::uint8_t* end = weights + run.groups * kLayout.group_bytes();
  const auto* at = reinterpret_cast<const std::byte*>(activations);
  __m512 sum[kRows];
  unroll<kRows>([&]<int r>() [[gnu::always_inline]] { sum[r] = sums[r]; });
  for (; weights < end; weights += kLayout.group_bytes()) {
    for (int j = 0; j < kLayout.group_blocks; ++j) {
      const std::uint8_t* block = weights + kLayout.header_bytes + j * kLayout.block_bytes();
      prefetch_ahead<kLinesAhead>(block, end, run.next);
      Codes codes;
      F::codes(block, codes);
      const auto scales = F::sums(weights, j);
      unroll<kRows>([&]<int r>() [[gnu::always_inline]] {
        const auto& activation =
            *reinterpret_cast<const ActivationBlock*>(at + r * activation_bytes);
        sum[r] = scales.add(sum[r], codes, activation);
      });
      at += sizeof(ActivationBlock);
    }
  }
  unroll<kRows>([&]<int r>() [[gnu::always_inline]] { sums[r] = sum[r]; });
}

/// Up to kTilesAtOnce tiles for kRows rows. The inputs are cut so that the rows' activations of one cut
/// stay in the first-level cache while every tile uses them.
template <PackedFormat kFormat, int kRows>
void multiply_tiles(const ProductJob& job, std::int64_t first_tile, int tiles, int first_row) {
  constexpr PackedLayout kLayout = packed_layout(kFormat);
  constexpr std::int64_t kGroupActivations =
      kRows * kLayout.group_blocks * static_cast<std::int64_t>(sizeof(ActivationBlock));
  constexpr std::int64_t kCut =
      kActivationBytesAtOnce > kGroupActivations ? kActivationBytesAtOnce / kGroupActivations : 1;
  const std::int64_t groups = static_cast<std::int64_t>(job.tile_bytes) / kLayout.group_bytes();
  const std::int64_t cuts = (groups + kCut - 1) / kCut;
  const std::byte* rows =
      job.activations + static_cast<std::size_t>(first_row) * job.activation_bytes;
  const std::uint8_t* first = job.tiles + static_cast<std::size_t>(first_tile) * job.tile_bytes;
  __m512 sums[kTilesAtOnce][kRows];
  for (int t = 0; t < tiles; ++t)
    for (int r = 0; r < kRows; ++r) sums[t][r] = _mm512_setzero_ps();

  for (std::int64_t cut = 0; cut < cuts; ++cut) {
    const std::int64_t begin = groups * cut / cuts, end = groups * (cut + 1) / cuts;
    const auto* activations =
        reinterpret_cast<const ActivationBlock*>(rows) + begin * kLayout.group_blocks;
    for (int t = 0; t < tiles; ++t) {
      const std::uint8_t* tile = first + static_cast<std::size_t>(t) * job.tile_bytes;
      // After the last tile of a cut the stream goes back to the first tile's next cut, after the
      // last cut on to the next tiles.
      const std::uint8_t* next = t + 1 < tiles
                                     ? tile + job.tile_bytes + begin * kLayout.group_bytes()
                                 : end < groups ? first + end * kLayout.group_bytes()
                                                : tile + job.tile_bytes;
      multiply_run<kFormat, kRows>({tile + begin * kLayout.group_bytes(), end - begin, next},
                                   activations, job.activation_bytes, sums[t]);
    }
  }
  for (int t = 0; t < tiles; ++t) {
    const std::int64_t column = (first_tile + t) * kTileColumns;
    const __mmask16 lanes = first_lanes(job.columns - column);
    for (int r = 0; r < kRows; ++r)
      _mm512_mask_storeu_ps(job.output + (first_row + r) * job.output_stride + column, lanes,
                            sums[t][r]);
  }
}

using TileFunction = void (*)(const ProductJob&, std::int64_t, int, int);

template <PackedFormat kFormat>
TileFunction tile_function(int rows) {
  static constexpr TileFunction kFunctions[kMaxRows] = {
      multiply_tiles<kFormat, 1>,  multiply_tiles<kFormat, 2>,  multiply_tiles<kFormat, 3>,
      multiply_tiles<kFormat, 4>,  multiply_tiles<kFormat, 5>,  multiply_tiles<kFormat, 6>,
      multiply_tiles<kFormat, 7>,  multiply_tiles<kFormat, 8>,  multiply_tiles<kFormat, 9>,
      multiply_tiles<kFormat, 10>, multiply_tiles<kFormat, 11>, multiply_tiles<kFormat, 12>,
      multiply_tiles<kFormat, 13>, multiply_tiles<kFormat, 14>, multiply_tiles<kFormat, 15>,
      multiply_tiles<kFormat, 16>};
  return kFunctions[rows - 1];
}

/// Rows of a panel, all tiles: weights are read once a panel, from the second-level cache for every
/// further group of rows.
template <PackedFormat kFormat>
void multiply_panel(const ProductJob& job, int row_begin, int row_end) {
  const std::int64_t tiles = (job.columns + kTileColumns - 1) / kTileColumns;
  const int rows = row_end - row_begin;
  const int row_groups = (rows + kMaxRows - 1) / kMaxRows;
  for (std::int64_t tile = 0; tile < tiles; tile += kTilesAtOnce) {
    const int count = static_cast<int>(tiles - tile < kTilesAtOnce ? tiles - tile : kTilesAtOnce);
    for (int g = 0; g < row_groups; ++g) {
      const int begin = row_begin + rows * g / row_groups;
      const int end = row_begin + rows * (g + 1) / row_groups;
      tile_function<kFormat>(end - begin)(job, tile, count, begin);
    }
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
