#include <immintrin.h>

#include <cstddef>

#include "kernels/avx512/operations.h"
#include "kernels/avx512/vectors.h"

// The same operations in the same order as reference::quantize_activation_block: the blocks are equal
// bit for bit.
namespace tenon::kernels::avx512 {

namespace {

constexpr int kBlocksAtOnce = 4;

// Lane b of every 128 bits: the reduction over all lanes of vectors[b].
template <typename Combine>
__m512 reduce_four(const __m512 (&vectors)[4], Combine combine) {
  const auto halves = [&](__m512 a, __m512 b) {
    return combine(_mm512_shuffle_ps(a, b, 0x44), _mm512_shuffle_ps(a, b, 0xEE));
  };
  const __m512 first = halves(vectors[0], vectors[1]), second = halves(vectors[2], vectors[3]);
  __m512 all =
      combine(_mm512_shuffle_ps(first, second, 0x88), _mm512_shuffle_ps(first, second, 0xDD));
  all = combine(all, _mm512_shuffle_f32x4(all, all, 0x4E));
  return combine(all, _mm512_shuffle_f32x4(all, all, 0xB1));
}

__m128i sums_of_four(const __m512i (&codes)[4]) {
  const __m512 vectors[4] = {_mm512_castsi512_ps(codes[0]), _mm512_castsi512_ps(codes[1]),
                             _mm512_castsi512_ps(codes[2]), _mm512_castsi512_ps(codes[3])};
  const __m512 sums = reduce_four(vectors, [](__m512 a, __m512 b) {
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b)));
  });
  return _mm512_castsi512_si128(_mm512_castps_si512(sums));
}

// Lane b of every 128 bits to all lanes.
template <int kLane>
__m512 lane(__m512 vector) {
  return _mm512_shuffle_ps(vector, vector, kLane * 0x55);
}

// The fields behind the values, lane b of each vector for block b.
struct BlockFields {
  __m128 scale, middle, sum;
  __m128i offset8, offset16, offset128, offset32_low, offset32_high;

  void store(ActivationBlock* blocks, int count) const {
    __m128 first[4] = {scale, middle, sum, _mm_castsi128_ps(offset8)};
    __m128 second[4] = {_mm_castsi128_ps(offset16), _mm_castsi128_ps(offset128),
                        _mm_castsi128_ps(offset32_low), _mm_castsi128_ps(offset32_high)};
    _MM_TRANSPOSE4_PS(first[0], first[1], first[2], first[3]);
    _MM_TRANSPOSE4_PS(second[0], second[1], second[2], second[3]);
    for (int b = 0; b < count; ++b) {
      _mm_store_ps(&blocks[b].scale, first[b]);
      _mm_store_ps(reinterpret_cast<float*>(&blocks[b].offset16), second[b]);
    }
  }
};
static_assert(offsetof(ActivationBlock, scale) == 32 && offsetof(ActivationBlock, offset16) == 48);

// `count` of kBlocksAtOnce blocks; `left` numbers from `input` on may be read.
void quantize_blocks(const float* input, std::int64_t left, int count, ActivationBlock* blocks) {
  __m512 low[kBlocksAtOnce], high[kBlocksAtOnce], smallest[kBlocksAtOnce], largest[kBlocksAtOnce];
  for (int b = 0; b < kBlocksAtOnce; ++b) {
    const std::int64_t here = left - b * kActivationBlock;
    const float* from = here > 0 ? input + b * kActivationBlock : input;
    // Lanes past the end repeat a number that is there, so that they are neither smallest nor largest.
    const __m512 filler = _mm512_set1_ps(here > 0 ? *from : 0.0f);
    low[b] = _mm512_mask_loadu_ps(filler, first_lanes(here), from);
    high[b] = _mm512_mask_loadu_ps(filler, first_lanes(here - 16), from + (here > 16 ? 16 : 0));
    smallest[b] = _mm512_min_ps(low[b], high[b]);
    largest[b] = _mm512_max_ps(low[b], high[b]);
  }
  const __m512 half = _mm512_set1_ps(0.5f);
  const __m512 bottom = _mm512_mul_ps(
      half, reduce_four(smallest, [](__m512 a, __m512 b) { return _mm512_min_ps(a, b); }));
  const __m512 top = _mm512_mul_ps(
      half, reduce_four(largest, [](__m512 a, __m512 b) { return _mm512_max_ps(a, b); }));
  const __m512 middle = _mm512_add_ps(bottom, top), reach = _mm512_sub_ps(top, bottom);
  const __mmask16 has_reach =
      _mm512_cmp_ps_mask(reach, _mm512_set1_ps(kSmallestActivation), _CMP_GE_OQ);
  const __m512 steps = _mm512_set1_ps(127.0f);
  const __m512 scale = _mm512_maskz_div_ps(has_reach, reach, steps);
  const __m512 inverse = _mm512_maskz_div_ps(has_reach, steps, reach);

  __m512i low_codes[kBlocksAtOnce], high_codes[kBlocksAtOnce];
  unroll<kBlocksAtOnce>([&]<int b>() [[gnu::always_inline]] {
    const auto codes = [&](__m512 values, std::int64_t from) {
      const __m512 steps_away =
          _mm512_mul_ps(_mm512_sub_ps(values, lane<b>(middle)), lane<b>(inverse));
      return _mm512_maskz_cvtps_epi32(first_lanes(left - b * kActivationBlock - from), steps_away);
    };
    low_codes[b] = codes(low[b], 0);
    high_codes[b] = codes(high[b], 16);
  });
  for (int b = 0; b < count; ++b) {
    auto* values = reinterpret_cast<__m128i*>(blocks[b].values);
    _mm_store_si128(values, _mm512_cvtepi32_epi8(low_codes[b]));
    _mm_store_si128(values + 1, _mm512_cvtepi32_epi8(high_codes[b]));
  }
  const __m128i low_sums = sums_of_four(low_codes), high_sums = sums_of_four(high_codes);
  const __m128i sums = _mm_add_epi32(low_sums, high_sums);
  const auto minus_shifted = [](__m128i values, int bits) {
    return _mm_sub_epi32(_mm_setzero_si128(), _mm_slli_epi32(values, bits));
  };
  const __m128 scales = _mm512_castps512_ps128(scale), middles = _mm512_castps512_ps128(middle);
  const __m128 total = _mm_add_ps(_mm_mul_ps(scales, _mm_cvtepi32_ps(sums)),
                                  _mm_mul_ps(_mm_set1_ps(32.0f), middles));
  const BlockFields fields{scales,
                           middles,
                           total,
                           minus_shifted(sums, 3),
                           minus_shifted(sums, 4),
                           minus_shifted(sums, 7),
                           minus_shifted(low_sums, 5),
                           minus_shifted(high_sums, 5)};
  fields.store(blocks, count);
}

// Infinity times zero and NaN times zero are NaN, whatever else is added.
bool is_finite(const float* input, std::int64_t size) {
  __m512 sum = _mm512_setzero_ps();
  for (std::int64_t i = 0; i < size; i += 16)
    sum = _mm512_add_ps(sum, _mm512_mul_ps(_mm512_maskz_loadu_ps(first_lanes(size - i), input + i),
                                           _mm512_setzero_ps()));
  return _mm512_cmp_ps_mask(sum, sum, _CMP_UNORD_Q) == 0;
}

void store_poisoned_block(ActivationBlock& block) {
  _mm512_store_si512(&block, _mm512_setzero_si512());
  block.scale = block.middle = block.sum = __builtin_nanf("");
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
  const std::int64_t count = (in_features + kActivationBlock - 1) / kActivationBlock;
  for (std::int64_t b = 0; b < count; b += kBlocksAtOnce) {
    const std::int64_t left = in_features - b * kActivationBlock;
    quantize_blocks(input + b * kActivationBlock, left,
                    count - b < kBlocksAtOnce ? static_cast<int>(count - b) : kBlocksAtOnce,
                    blocks + b);
  }
  for (std::int64_t b = count; b < (in_features + 63) / 64 * 2; ++b)
    _mm512_store_si512(blocks + b, _mm512_setzero_si512());
  if (is_finite(input, in_features)) return;
  for (std::int64_t b = 0; b < count; ++b) {
    const std::int64_t left = in_features - b * kActivationBlock;
    if (!is_finite(input + b * kActivationBlock, left < kActivationBlock ? left : kActivationBlock))
      store_poisoned_block(blocks[b]);
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
