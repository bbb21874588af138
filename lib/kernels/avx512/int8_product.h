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
/// Order of float sums per output: blocks in rising input order, one chain. No count of rows
/// changes it, so every cut gives the same bits.
namespace tenon::kernels::avx512 {
namespace {

/// Rows that share one unpacking: 16 accumulators, 8 registers of codes and room for temporaries.
inline constexpr int kMaxRows = 16;
/// Activation bytes of the row groups that share a visit of a tile to the second-level cache.
inline constexpr std::int64_t kPanelBytes = 256 << 10;
/// How far ahead of use weights are asked for. With 16 rows a core holds but two blocks in flight, so the
/// distance has to cover the memory's latency: 2 KiB was 1.5 times slower at 16 rows, 1 KiB twice.
inline constexpr std::int64_t kPrefetchBytes = 8192;

/// One tile for kRows rows. Tiles lie one after the other, so what is asked for ahead is of the next tile
/// at the end of this one.
template <PackedFormat kFormat, int kRows>
void multiply_tile(const ProductJob& job, std::int64_t tile, int first_row) {
  using F = Format<kFormat>;
  constexpr PackedLayout kLayout = F::kLayout;
  constexpr int kLinesAhead = (kLayout.group_bytes() / kLayout.group_blocks + 63) / 64;
  const std::uint8_t* weights = job.tiles + static_cast<std::size_t>(tile) * job.tile_bytes;
  const std::uint8_t* end = weights + job.tile_bytes;
  const std::byte* activations =
      job.activations + static_cast<std::size_t>(first_row) * job.activation_bytes;
  __m512 sums[kRows];
  unroll<kRows>([&]<int r>() [[gnu::always_inline]] { sums[r] = _mm512_setzero_ps(); });
  for (; weights < end; weights += kLayout.group_bytes()) {
    for (int j = 0; j < kLayout.group_blocks; ++j) {
      const std::uint8_t* block = weights + kLayout.header_bytes + j * kLayout.block_bytes();
      unroll<kLinesAhead>(
          [&]<int i>() [[gnu::always_inline]] { prefetch_line(block + kPrefetchBytes + 64 * i); });
      Codes codes;
      F::codes(block, codes);
      const auto scales = F::sums(weights, j);
      unroll<kRows>([&]<int r>() [[gnu::always_inline]] {
        sums[r] = scales.add(
            sums[r], codes,
            *reinterpret_cast<const ActivationBlock*>(activations + r * job.activation_bytes));
      });
      activations += sizeof(ActivationBlock);
    }
  }
  const __mmask16 lanes = first_lanes(job.columns - tile * kTileColumns);
  float* output = job.output + first_row * job.output_stride + tile * kTileColumns;
  unroll<kRows>([&]<int r>() [[gnu::always_inline]] {
    _mm512_mask_storeu_ps(output + r * job.output_stride, lanes, sums[r]);
  });
}

using TileFunction = void (*)(const ProductJob&, std::int64_t, int);

template <PackedFormat kFormat>
TileFunction tile_function(int rows) {
  static constexpr TileFunction kFunctions[kMaxRows] = {
      multiply_tile<kFormat, 1>,  multiply_tile<kFormat, 2>,  multiply_tile<kFormat, 3>,
      multiply_tile<kFormat, 4>,  multiply_tile<kFormat, 5>,  multiply_tile<kFormat, 6>,
      multiply_tile<kFormat, 7>,  multiply_tile<kFormat, 8>,  multiply_tile<kFormat, 9>,
      multiply_tile<kFormat, 10>, multiply_tile<kFormat, 11>, multiply_tile<kFormat, 12>,
      multiply_tile<kFormat, 13>, multiply_tile<kFormat, 14>, multiply_tile<kFormat, 15>,
      multiply_tile<kFormat, 16>};
  return kFunctions[rows - 1];
}

/// Rows of a panel, all tiles: weights are read once a panel, from the second-level cache for every
/// further group of rows.
template <PackedFormat kFormat>
void multiply_panel(const ProductJob& job, int row_begin, int row_end) {
  const std::int64_t tiles = (job.columns + kTileColumns - 1) / kTileColumns;
  const int rows = row_end - row_begin;
  const int row_groups = (rows + kMaxRows - 1) / kMaxRows;
  for (std::int64_t tile = 0; tile < tiles; ++tile)
    for (int g = 0; g < row_groups; ++g) {
      const int begin = row_begin + rows * g / row_groups;
      const int end = row_begin + rows * (g + 1) / row_groups;
      tile_function<kFormat>(end - begin)(job, tile, begin);
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
