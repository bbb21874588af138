#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/attention_job.h"
#include "kernels/highway/packed_tiles.h"

/// The functions compiled for every instruction set; each picks the best one at run time.
namespace tenon::kernels::highway {

/// Columns of a panel: four tiles, so that one row alone still has independent sums on any vector length.
inline constexpr int kPanelColumns = 4 * kTileColumns;
/// Inputs of a panel of packed tiles: 16 KiB of float32.
inline constexpr std::int64_t kPanelInputs = 64;
/// Rows that go through a panel together.
inline constexpr int kRowsAtOnce = 4;

/// Inputs [first, first + inputs) of packed tiles as float32 → panel [inputs][kPanelColumns]. Tiles lie
/// `tile_bytes` apart; columns of absent tiles are left as they are.
void unpack_panel(const TileLayout& layout, const std::uint8_t* tiles, std::size_t tile_bytes,
                  int tile_count, std::int64_t first, std::int64_t inputs, float* panel);

/// sums[r] += activations[r] x panel for `rows` rows; activations `stride` floats apart, sums
/// [rows][kPanelColumns]. One chain of multiply-adds per sum, inputs rising.
void add_panel_product(const float* panel, std::int64_t inputs, const float* activations,
                       std::size_t stride, int rows, float* sums);

void rms_norm(const float* input, const float* weight, std::int64_t size, float epsilon,
              float* output);
void add(const float* input, std::int64_t size, float* output);
void silu_multiply(const float* gate, const float* up, std::int64_t size, float* output);
std::int64_t argmax(const float* values, std::int64_t size);

/// `rounds` rounds of multiply-adds whose sums do not wait for one another; operations of one round.
std::int64_t float32_peak(std::int64_t rounds);

std::size_t attention_scratch_floats(int heads, int head_dim);
void attend(const AttentionJob& job, std::int64_t kv_head, float* scratch);
void attend_chunks(const AttentionJob& job, std::int64_t kv_head, std::int64_t chunk_begin,
                   std::int64_t chunk_end, float* partials, std::int64_t chunk_stride,
                   float* scratch);
void combine_chunks(const AttentionQuery& row, std::int64_t head, const float* partials);

}  // namespace tenon::kernels::highway
