#include <immintrin.h>

#include "kernels/avx512/exponential.h"
#include "kernels/avx512/operations.h"
#include "kernels/avx512/vectors.h"

// Tails run through the same vector code under a mask: a number has the same bits at any place.
namespace tenon::kernels::avx512 {

void rms_norm(const float* input, const float* weight, std::int64_t size, float epsilon,
              float* output) {
  __m512 squares[4];
  for (__m512& sum : squares) sum = _mm512_setzero_ps();
  for (std::int64_t i = 0; i < size; i += 64)
    unroll<4>([&]<int j>() [[gnu::always_inline]] {
      const std::int64_t at = i + 16 * j;
      const __m512 x = _mm512_maskz_loadu_ps(first_lanes(size - at), input + (at < size ? at : 0));
      squares[j] = _mm512_fmadd_ps(x, x, squares[j]);
    });
  const __m512 total =
      _mm512_add_ps(_mm512_add_ps(squares[0], squares[1]), _mm512_add_ps(squares[2], squares[3]));
  const float mean = _mm512_reduce_add_ps(total) / static_cast<float>(size);
  const __m512 scale = _mm512_set1_ps(1.0f / __builtin_sqrtf(mean + epsilon));
  for (std::int64_t i = 0; i < size; i += 16) {
    const __mmask16 lanes = first_lanes(size - i);
    const __m512 x = _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, input + i), scale);
    _mm512_mask_storeu_ps(output + i, lanes,
                          _mm512_mul_ps(x, _mm512_maskz_loadu_ps(lanes, weight + i)));
  }
}

void add(const float* input, std::int64_t size, float* output) {
  for (std::int64_t i = 0; i < size; i += 16) {
    const __mmask16 lanes = first_lanes(size - i);
    _mm512_mask_storeu_ps(output + i, lanes,
                          _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, output + i),
                                        _mm512_maskz_loadu_ps(lanes, input + i)));
  }
}

void silu_multiply(const float* gate, const float* up, std::int64_t size, float* output) {
  const __m512 one = _mm512_set1_ps(1.0f);
  for (std::int64_t i = 0; i < size; i += 16) {
    const __mmask16 lanes = first_lanes(size - i);
    const __m512 x = _mm512_maskz_loadu_ps(lanes, gate + i);
    const __m512 e = exponential(_mm512_sub_ps(_mm512_setzero_ps(), x));
    const __m512 silu = _mm512_div_ps(x, _mm512_add_ps(one, e));
    _mm512_mask_storeu_ps(output + i, lanes,
                          _mm512_mul_ps(silu, _mm512_maskz_loadu_ps(lanes, up + i)));
  }
}

std::int64_t argmax(const float* values, std::int64_t size) {
  // Each lane keeps its first best; "not less or equal" also replaces the initial NaN.
  const __m512i step = _mm512_set1_epi32(1);
  __m512 best = _mm512_set1_ps(__builtin_nanf(""));
  __m512i best_vector = _mm512_setzero_si512(), vector = _mm512_setzero_si512();
  for (std::int64_t i = 0; i < size; i += 16, vector = _mm512_add_epi32(vector, step)) {
    const __mmask16 lanes = first_lanes(size - i);
    const __m512 x = _mm512_maskz_loadu_ps(lanes, values + i);
    const __mmask16 is_number = _mm512_mask_cmp_ps_mask(lanes, x, x, _CMP_ORD_Q);
    const __mmask16 wins = _mm512_mask_cmp_ps_mask(is_number, x, best, _CMP_NLE_UQ);
    best = _mm512_mask_mov_ps(best, wins, x);
    best_vector = _mm512_mask_mov_epi32(best_vector, wins, vector);
  }
  alignas(64) float lane_values[16];
  alignas(64) std::int32_t lane_vectors[16];
  _mm512_store_ps(lane_values, best);
  _mm512_store_si512(lane_vectors, best_vector);
  std::int64_t winner = 0;
  float maximum = __builtin_nanf("");
  for (int lane = 0; lane < 16; ++lane) {
    const float value = lane_values[lane];
    const std::int64_t index = std::int64_t{lane_vectors[lane]} * 16 + lane;
    if (value != value) continue;
    const bool is_better = !(value <= maximum) || (value == maximum && index < winner);
    if (is_better) maximum = value, winner = index;
  }
  return winner;
}

}  // namespace tenon::kernels::avx512
