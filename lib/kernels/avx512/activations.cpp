#include <immintrin.h>

#include "kernels/avx512/operations.h"
#include "kernels/avx512/vectors.h"

// The same operations in the same order as reference::quantize_activation_block: the blocks are equal
// bit for bit.
namespace tenon::kernels::avx512 {

namespace {

void store_zero_block(ActivationBlock& block) {
  _mm512_store_si512(&block, _mm512_setzero_si512());
}

void quantize_block(__m512 low, __m512 high, ActivationBlock& block) {
  store_zero_block(block);
  const __m512 low_size = _mm512_abs_ps(low), high_size = _mm512_abs_ps(high);
  const __m512 infinity = _mm512_set1_ps(__builtin_inff());
  if ((_mm512_cmp_ps_mask(low_size, infinity, _CMP_NLT_UQ) |
       _mm512_cmp_ps_mask(high_size, infinity, _CMP_NLT_UQ)) != 0) {
    block.scale = __builtin_nanf("");
    block.scaled_sum = block.scale;
    return;
  }
  const float largest = _mm512_reduce_max_ps(_mm512_max_ps(low_size, high_size));
  if (largest < kSmallestActivation) return;
  block.scale = largest / 127.0f;
  const __m512 inverse = _mm512_set1_ps(127.0f / largest);
  const __m512i low_codes = _mm512_cvtps_epi32(_mm512_mul_ps(low, inverse));
  const __m512i high_codes = _mm512_cvtps_epi32(_mm512_mul_ps(high, inverse));
  auto* values = reinterpret_cast<__m128i*>(block.values);
  _mm_store_si128(values, _mm512_cvtepi32_epi8(low_codes));
  _mm_store_si128(values + 1, _mm512_cvtepi32_epi8(high_codes));
  const int low_sum = _mm512_reduce_add_epi32(low_codes);
  const int high_sum = _mm512_reduce_add_epi32(high_codes);
  const int sum = low_sum + high_sum;
  block.scaled_sum = block.scale * static_cast<float>(sum);
  block.offset8 = -8 * sum;
  block.offset16 = -16 * sum;
  block.offset128 = -128 * sum;
  block.offset32_half[0] = -32 * low_sum;
  block.offset32_half[1] = -32 * high_sum;
}

// Float32 to bfloat16, nearest even, without the BF16 instructions (they flush denormals).
__m256i to_bfloat16(__m512 values) {
  const __m512i bits = _mm512_castps_si512(values);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), odd);
  const __mmask16 is_nan = _mm512_cmp_ps_mask(values, values, _CMP_UNORD_Q);
  const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x00400000));
  return _mm512_cvtepi32_epi16(
      _mm512_srli_epi32(_mm512_mask_mov_epi32(rounded, is_nan, quiet), 16));
}

}  // namespace

void quantize_row(const float* input, std::int64_t in_features, ActivationBlock* blocks) {
  const std::int64_t count = (in_features + 63) / 64 * 2;
  for (std::int64_t b = 0; b < count; ++b) {
    const std::int64_t left = in_features - b * kActivationBlock;
    const float* from = input + (left > 0 ? b * kActivationBlock : 0);
    quantize_block(_mm512_maskz_loadu_ps(first_lanes(left), from),
                   _mm512_maskz_loadu_ps(first_lanes(left - 16), from + (left > 16 ? 16 : 0)),
                   blocks[b]);
  }
}

void store_bfloat16(const float* input, std::int64_t size, std::uint16_t* output) {
  for (std::int64_t i = 0; i < size; i += 16) {
    const __mmask16 lanes = first_lanes(size - i);
    _mm256_mask_storeu_epi16(output + i, lanes,
                             to_bfloat16(_mm512_maskz_loadu_ps(lanes, input + i)));
  }
}

void store_float16(const float* input, std::int64_t size, std::uint16_t* output) {
  for (std::int64_t i = 0; i < size; i += 16) {
    const __mmask16 lanes = first_lanes(size - i);
    const __m512 values = _mm512_maskz_loadu_ps(lanes, input + i);
    _mm256_mask_storeu_epi16(
        output + i, lanes, _mm512_cvtps_ph(values, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  }
}

}  // namespace tenon::kernels::avx512
