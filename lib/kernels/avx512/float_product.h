#pragma once

#include <immintrin.h>

#include "kernels/avx512/operations.h"
#include "kernels/avx512/vectors.h"

/// The matrix product of plain numbers, one template over what a step does.
///
/// A step reads one or two inputs of 16 columns and adds their product with each row's activations, which
/// are broadcast. Two tiles times up to 12 rows are 24 accumulators: 24 multiply-adds for 14 loads, so the
/// two multiplying ports stay full. Order of sums per output: inputs in rising order, one chain, for any
/// count of rows and tiles.
///
/// A step policy has kInputs (inputs a step), kWeightBytes (of one tile), kActivationBytes, a Weight type,
/// load() and multiply_add().
namespace tenon::kernels::avx512 {
namespace {

inline constexpr int kFloatRows = 12;
inline constexpr int kFloatTiles = 2;
/// Activation bytes of the rows that share a visit of two tiles to the second-level cache.
inline constexpr std::int64_t kFloatPanelBytes = 256 << 10;
inline constexpr int kFloatPrefetchBytes = 2048;

/// sums[t][r] += `steps` steps of tile t (tiles lie tile_bytes apart) times row r.
template <typename Step, int kTiles, int kRows>
[[gnu::always_inline]] inline void multiply_steps(const std::uint8_t* weights,
                                                  std::size_t tile_bytes,
                                                  const std::byte* activations,
                                                  std::size_t activation_bytes, std::int64_t steps,
                                                  __m512 (&sums)[kTiles][kRows]) {
  for (std::int64_t step = 0; step < steps; ++step) {
    typename Step::Weight weight[kTiles];
    unroll<kTiles>([&]<int t>() [[gnu::always_inline]] {
      const std::uint8_t* at = weights + t * tile_bytes;
      prefetch_line(at + kFloatPrefetchBytes);
      weight[t] = Step::load(at);
    });
    unroll<kRows>([&]<int r>() [[gnu::always_inline]] {
      const typename Step::Activation activation =
          Step::broadcast(activations + r * activation_bytes);
      unroll<kTiles>([&]<int t>() [[gnu::always_inline]] {
        sums[t][r] = Step::multiply_add(weight[t], activation, sums[t][r]);
      });
    });
    weights += Step::kWeightBytes;
    activations += Step::kActivationBytes;
  }
}

template <typename Step, int kTiles, int kRows>
void multiply_float_tiles(const ProductJob& job, std::int64_t first_tile, int first_row) {
  const std::int64_t steps = (job.in_features + Step::kInputs - 1) / Step::kInputs;
  __m512 sums[kTiles][kRows];
  unroll<kTiles>([&]<int t>() [[gnu::always_inline]] {
    unroll<kRows>([&]<int r>() [[gnu::always_inline]] { sums[t][r] = _mm512_setzero_ps(); });
  });
  multiply_steps<Step, kTiles, kRows>(
      job.tiles + static_cast<std::size_t>(first_tile) * job.tile_bytes, job.tile_bytes,
      job.activations + static_cast<std::size_t>(first_row) * job.activation_bytes,
      job.activation_bytes, steps, sums);
  unroll<kTiles>([&]<int t>() [[gnu::always_inline]] {
    const std::int64_t column = (first_tile + t) * kTileColumns;
    const __mmask16 lanes = first_lanes(job.columns - column);
    unroll<kRows>([&]<int r>() [[gnu::always_inline]] {
      _mm512_mask_storeu_ps(job.output + (first_row + r) * job.output_stride + column, lanes,
                            sums[t][r]);
    });
  });
}

using FloatTileFunction = void (*)(const ProductJob&, std::int64_t, int);

template <typename Step, int kTiles>
FloatTileFunction float_tile_function(int rows) {
  static constexpr FloatTileFunction kFunctions[kFloatRows] = {
      multiply_float_tiles<Step, kTiles, 1>,  multiply_float_tiles<Step, kTiles, 2>,
      multiply_float_tiles<Step, kTiles, 3>,  multiply_float_tiles<Step, kTiles, 4>,
      multiply_float_tiles<Step, kTiles, 5>,  multiply_float_tiles<Step, kTiles, 6>,
      multiply_float_tiles<Step, kTiles, 7>,  multiply_float_tiles<Step, kTiles, 8>,
      multiply_float_tiles<Step, kTiles, 9>,  multiply_float_tiles<Step, kTiles, 10>,
      multiply_float_tiles<Step, kTiles, 11>, multiply_float_tiles<Step, kTiles, 12>};
  return kFunctions[rows - 1];
}

template <typename Step>
void multiply_float_panel(const ProductJob& job, int row_begin, int row_end) {
  const std::int64_t tiles = (job.columns + kTileColumns - 1) / kTileColumns;
  const int rows = row_end - row_begin;
  const int groups = (rows + kFloatRows - 1) / kFloatRows;
  for (std::int64_t tile = 0; tile < tiles; tile += kFloatTiles)
    for (int g = 0; g < groups; ++g) {
      const int begin = row_begin + rows * g / groups;
      const int count = row_begin + rows * (g + 1) / groups - begin;
      if (tile + kFloatTiles <= tiles)
        float_tile_function<Step, kFloatTiles>(count)(job, tile, begin);
      else
        float_tile_function<Step, 1>(count)(job, tile, begin);
    }
}

template <typename Step>
void multiply_float_format(const ProductJob& job) {
  const auto fit = kFloatPanelBytes / static_cast<std::int64_t>(job.activation_bytes);
  const int panel = fit < kFloatRows ? kFloatRows : static_cast<int>(fit / kFloatRows * kFloatRows);
  for (int begin = 0; begin < job.rows; begin += panel)
    multiply_float_panel<Step>(job, begin, job.rows - begin < panel ? job.rows : begin + panel);
}

}  // namespace
}  // namespace tenon::kernels::avx512
