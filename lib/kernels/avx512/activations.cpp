#include <immintrin.h>

#include <cstddef>

#include "kernels/avx512/operations.h"
#include "kernels/avx512/vectors.h"

// The same operations in the same order as reference::quantize_activation_block: the blocks are equal
// bit for bit.
namespace tenon::kernels::avx512 {

namespace {

constexpr int kBlocksAtOnce = 4;
constexpr int kNumbersAtOnce = kBlocksAtOnce * kActivationBlock;

// Lane b: the reduction over all lanes of vectors[b].
template <typename Combine>
__m128 reduce_four(const __m512 (&vectors)[4], Combine combine) {
  const auto halves = [&](__m512 a, __m512 b) {
    return combine(_mm512_shuffle_ps(a, b, 0x44), _mm512_shuffle_ps(a, b, 0xEE));
  };
  const __m512 first = halves(vectors[0], vectors[1]), second = halves(vectors[2], vectors[3]);
  __m512 all =
      combine(_mm512_shuffle_ps(first, second, 0x88), _mm512_shuffle_ps(first, second, 0xDD));
  all = combine(all, _mm512_shuffle_f32x4(all, all, 0x4E));
  return _mm512_castps512_ps128(combine(all, _mm512_shuffle_f32x4(all, all, 0xB1)));
}

// Lane b of every 128 bits to all lanes.
template <int kLane>
__m512 lane(__m512 vector) {
  return _mm512_shuffle_ps(vector, vector, kLane * 0x55);
}

// 16 codes each, of two blocks' halves in turn, as 64 bytes in order, those beyond 127 either way limited to it.
__m512i pack_codes(const __m512i (&codes)[4]) {
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i bytes = _mm512_packs_epi16(_mm512_packs_epi32(codes[0], codes[1]),
                                           _mm512_packs_epi32(codes[2], codes[3]));
  return _mm512_permutexvar_epi32(order, _mm512_max_epi8(bytes, _mm512_set1_epi8(-127)));
}

// Every lane of 128 bits: the sum of its 16 signed bytes, four times.
__m512i half_block_sums(__m512i values) {
  __m512i sums = _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_set1_epi8(1), values);
  sums = _mm512_add_epi32(sums, _mm512_shuffle_epi32(sums, _MM_PERM_BADC));
  return _mm512_add_epi32(sums, _mm512_shuffle_epi32(sums, _MM_PERM_CDAB));
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

// The first `count` of kBlocksAtOnce blocks of `input`, all of whose kNumbersAtOnce numbers are there; those not `present`
// get the code zero. Whether all were finite; else nothing is stored.
bool quantize_blocks(const float* input, int count, const __mmask16 (&present)[2 * kBlocksAtOnce],
                     ActivationBlock* blocks) {
  __m512 numbers[2 * kBlocksAtOnce], smallest[kBlocksAtOnce], largest[kBlocksAtOnce];
  __mmask16 has_nan = 0;
  unroll<kBlocksAtOnce>([&]<int b>() [[gnu::always_inline]] {
    const __m512 low = _mm512_loadu_ps(input + 32 * b);
    const __m512 high = _mm512_loadu_ps(input + 32 * b + 16);
    smallest[b] = _mm512_min_ps(low, high);
    largest[b] = _mm512_max_ps(low, high);
    has_nan |= _mm512_cmp_ps_mask(low, high, _CMP_UNORD_Q);
    numbers[2 * b] = low;
    numbers[2 * b + 1] = high;
  });
  const __m128 half = _mm_set1_ps(0.5f);
  const __m128 bottom = _mm_mul_ps(
      half, reduce_four(smallest, [](__m512 a, __m512 b) { return _mm512_min_ps(a, b); }));
  const __m128 top = _mm_mul_ps(
      half, reduce_four(largest, [](__m512 a, __m512 b) { return _mm512_max_ps(a, b); }));
  // Added zero: neither of -0 and +0 is smaller, so the sign of a zero middle would be chance.
  const __m128 middle = _mm_add_ps(_mm_add_ps(bottom, top), _mm_setzero_ps());
  const __m128 reach = _mm_sub_ps(top, bottom);
  const __mmask8 is_finite = _mm_cmp_ps_mask(reach, _mm_set1_ps(__builtin_inff()), _CMP_LT_OQ);
  if (has_nan != 0 || is_finite != 0xF) return false;
  const __mmask8 has_reach = _mm_cmp_ps_mask(reach, _mm_set1_ps(kSmallestActivation), _CMP_GE_OQ);
  const __m128 steps = _mm_set1_ps(127.0f);
  const __m128 scale = _mm_maskz_div_ps(has_reach, reach, steps);
  const __m512 inverses = _mm512_broadcast_f32x4(_mm_maskz_div_ps(has_reach, steps, reach));
  const __m512 middles = _mm512_broadcast_f32x4(middle);

  __m512i values[2];
  unroll<2>([&]<int pair>() [[gnu::always_inline]] {
    __m512i codes[4];
    unroll<4>([&]<int i>() [[gnu::always_inline]] {
      constexpr int b = 2 * pair + i / 2;
      const __m512 away = _mm512_sub_ps(numbers[4 * pair + i], lane<b>(middles));
      codes[i] =
          _mm512_maskz_cvtps_epi32(present[4 * pair + i], _mm512_mul_ps(away, lane<b>(inverses)));
    });
    values[pair] = pack_codes(codes);
  });
  for (int b = 0; b < count; ++b)
    _mm256_store_si256(reinterpret_cast<__m256i*>(blocks[b].values),
                       b % 2 == 0 ? _mm512_castsi512_si256(values[b / 2])
                                  : _mm512_extracti64x4_epi64(values[b / 2], 1));

  const __m512i first = half_block_sums(values[0]), second = half_block_sums(values[1]);
  const auto gather = [&](int lane_low) {
    const __m512i order = _mm512_setr_epi32(lane_low, lane_low + 8, lane_low + 16, lane_low + 24, 0,
                                            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    return _mm512_castsi512_si128(_mm512_permutex2var_epi32(first, order, second));
  };
  const __m128i low_sums = gather(0), high_sums = gather(4);
  const __m128i sums = _mm_add_epi32(low_sums, high_sums);
  const auto minus_shifted = [](__m128i vector, int bits) {
    return _mm_sub_epi32(_mm_setzero_si128(), _mm_slli_epi32(vector, bits));
  };
  const __m128 mean_code = _mm_mul_ps(_mm_cvtepi32_ps(sums), _mm_set1_ps(1.0f / 32.0f));
  const __m128 mean = _mm_add_ps(_mm_mul_ps(scale, mean_code), middle);
  const __m128 total = _mm_mul_ps(_mm_set1_ps(32.0f), mean);
  const BlockFields fields{scale,
                           middle,
                           total,
                           minus_shifted(sums, 3),
                           minus_shifted(sums, 4),
                           minus_shifted(sums, 7),
                           minus_shifted(low_sums, 5),
                           minus_shifted(high_sums, 5)};
  fields.store(blocks, count);
  return true;
}

bool is_finite_block(const float* numbers) {
  const __m512 infinity = _mm512_set1_ps(__builtin_inff());
  const auto beyond = [&](const float* from) {
    return _mm512_cmp_ps_mask(_mm512_abs_ps(_mm512_loadu_ps(from)), infinity, _CMP_NLT_UQ);
  };
  return (beyond(numbers) | beyond(numbers + 16)) == 0;
}

void store_poisoned_block(ActivationBlock& block) {
  _mm512_store_si512(&block, _mm512_setzero_si512());
  block.scale = block.middle = block.sum = __builtin_nanf("");
}

// A block at a time, those that are not finite marked: kNumbersAtOnce numbers are there.
void quantize_spoiled(const float* input, int count, const __mmask16 (&present)[2 * kBlocksAtOnce],
                      ActivationBlock* blocks) {
  alignas(64) float one[kNumbersAtOnce];
  for (int b = 0; b < count; ++b) {
    const float* block = input + b * kActivationBlock;
    for (int i = 0; i < kNumbersAtOnce; ++i) one[i] = block[i % kActivationBlock];
    const __mmask16 here[2 * kBlocksAtOnce] = {
        present[2 * b], present[2 * b + 1], 0, 0, 0, 0, 0, 0};
    if (is_finite_block(block))
      quantize_blocks(one, 1, here, blocks + b);
    else
      store_poisoned_block(blocks[b]);
  }
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
  constexpr __mmask16 kAll[2 * kBlocksAtOnce] = {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF,
                                                 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF};
  const std::int64_t whole = in_features / kNumbersAtOnce * kNumbersAtOnce;
  for (std::int64_t i = 0; i < whole; i += kNumbersAtOnce) {
    ActivationBlock* to = blocks + i / kActivationBlock;
    if (!quantize_blocks(input + i, kBlocksAtOnce, kAll, to))
      quantize_spoiled(input + i, kBlocksAtOnce, kAll, to);
  }
  const auto left = static_cast<int>(in_features - whole);
  const int count = (left + kActivationBlock - 1) / kActivationBlock;
  ActivationBlock* to = blocks + whole / kActivationBlock;
  if (count > 0) {
    // What lies past the end repeats the first number of its block, so that it is neither smallest nor largest.
    alignas(64) float numbers[kNumbersAtOnce] = {};
    __mmask16 present[2 * kBlocksAtOnce];
    for (int i = 0; i < count * kActivationBlock; ++i)
      numbers[i] = input[whole + (i < left ? i : i / kActivationBlock * kActivationBlock)];
    for (int i = 0; i < 2 * kBlocksAtOnce; ++i) present[i] = first_lanes(left - 16 * i);
    if (!quantize_blocks(numbers, count, present, to))
      quantize_spoiled(numbers, count, present, to);
  }
  const std::int64_t blocks_in_all = (in_features + 63) / 64 * 2;
  for (std::int64_t b = whole / kActivationBlock + count; b < blocks_in_all; ++b)
    _mm512_store_si512(blocks + b, _mm512_setzero_si512());
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
