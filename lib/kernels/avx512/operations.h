#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/activation_block.h"
#include "kernels/attention_job.h"
#include "kernels/avx512/packed_layout.h"

/// What the files compiled for AVX-512 offer to provider.cpp, which is compiled for any x86-64. Only
/// plain data and functions here: an inline function of the standard library compiled with these flags
/// could be the copy that the linker keeps for everybody.
namespace tenon::kernels::avx512 {

// -- Weights (pack.cpp) ------------------------------------------------------------------------------
/// Where a weight lies in the file: rows of blocks.
struct FileWeight {
  const std::uint8_t* data;
  std::size_t row_bytes;
  std::int64_t out_features;
  std::int64_t in_features;
};
/// Packs tiles [tile_begin, tile_end) to `packed` (64-byte aligned), one tile of packed_tile_bytes()
/// after the other. Columns past out_features and inputs past in_features become zeros.
void pack_blocks(PackedFormat format, const FileWeight& weight, std::int64_t tile_begin,
                 std::int64_t tile_end, std::uint8_t* packed);

enum class FloatFormat : int { F32, F16, BF16 };
/// The same for plain numbers: F32 and F16 as [in_features][16]; BF16 as pairs, [in_features / 2][16][2].
void pack_floats(FloatFormat format, const FileWeight& weight, std::int64_t tile_begin,
                 std::int64_t tile_end, std::uint8_t* packed);
/// 16 rows of float32, `stride` apart, `size` numbers each → panel [size][16]; rows >= `count` are zeros.
void transpose_panel(const float* rows, std::size_t stride, int count, std::int64_t size,
                     float* panel);

// -- Activations (activations.cpp) -------------------------------------------------------------------
void quantize_row(const float* input, std::int64_t in_features, ActivationBlock* blocks);
/// Float32 to 16 bits, nearest even.
void store_bfloat16(const float* input, std::int64_t size, std::uint16_t* output);
void store_float16(const float* input, std::int64_t size, std::uint16_t* output);

// -- Products ----------------------------------------------------------------------------------------
/// Rows [0, rows) times consecutive packed tiles. `columns` of the tiles are real: the last may have
/// fewer than 16.
struct ProductJob {
  const std::uint8_t* tiles;
  std::size_t tile_bytes;
  std::int64_t columns;
  std::int64_t in_features;
  const std::byte* activations;
  std::size_t activation_bytes;  // from row to row
  int rows;
  float* output;  // of the first column
  std::ptrdiff_t output_stride;
};
// int8_product_*.cpp, activations as ActivationBlock rows:
void multiply_q4_0(const ProductJob& job);
void multiply_q4_1(const ProductJob& job);
void multiply_q5_0(const ProductJob& job);
void multiply_q5_1(const ProductJob& job);
void multiply_q8_0(const ProductJob& job);
void multiply_iq4_nl(const ProductJob& job);
void multiply_q2_k(const ProductJob& job);
void multiply_q3_k(const ProductJob& job);
void multiply_q4_k(const ProductJob& job);
void multiply_q5_k(const ProductJob& job);
void multiply_q6_k(const ProductJob& job);
// float_product.cpp, float32 activations:
void multiply_float32(const ProductJob& job);
void multiply_float16(const ProductJob& job);
void multiply_bfloat16_widened(const ProductJob& job);
// bfloat16_product.cpp, bf16 activations; needs AVX512_BF16:
void multiply_bfloat16(const ProductJob& job);

/// output[r] += rows of float32 activations times one panel [inputs][16] from transpose_panel(), the
/// inputs that begin at `first_input`. `sums` is [rows][16].
void multiply_panel(const float* panel, std::int64_t first_input, std::int64_t inputs,
                    const ProductJob& job, float* sums);

// -- Elementwise (elementwise.cpp) -------------------------------------------------------------------
void rms_norm(const float* input, const float* weight, std::int64_t size, float epsilon,
              float* output);
void add(const float* input, std::int64_t size, float* output);
void silu_multiply(const float* gate, const float* up, std::int64_t size, float* output);
std::int64_t argmax(const float* values, std::int64_t size);

// -- Limits (limits.cpp; bfloat16_peak in bfloat16_limits.cpp needs AVX512_BF16) ----------------------
inline constexpr int kPeakSums = 16;
/// kPeakSums dot-product instructions a round.
void int8_peak(std::int64_t rounds);
void bfloat16_peak(std::int64_t rounds);
void float32_peak(std::int64_t rounds);
/// A ReadLoop.
std::uint64_t read_all(const std::byte* data, std::size_t bytes);

// -- Attention (attention.cpp) -----------------------------------------------------------------------
std::size_t attention_scratch_floats(int heads, int head_dim);
/// The interface's attention() for one kv head.
void attend(const AttentionJob& job, std::int64_t kv_head, float* scratch);
/// attention_partial() for one kv head; attention_combine() for one row and query head,
/// whose partial results begin at `partials`.
void attend_chunks(const AttentionJob& job, std::int64_t kv_head, std::int64_t chunk_begin,
                   std::int64_t chunk_end, float* partials, std::int64_t chunk_stride,
                   float* scratch);
/// store_cache() of one key or value into the group and lane of its cell.
void store_key(const float* key, CacheFormat format, int head_dim, std::byte* group, int lane);
void store_value(const float* value, CacheFormat format, int head_dim, std::byte* group, int lane);
void combine_chunks(const AttentionQuery& row, std::int64_t head, const float* partials);

}  // namespace tenon::kernels::avx512
