#pragma once

#include <immintrin.h>

#include "kernels/attention_chunks.h"
#include "kernels/avx512/attention_scores.h"
#include "kernels/avx512/vectors.h"

/// Values: probability x value of up to six pairs and 64 dimensions at a time, 24 accumulators; a chain per
/// output over the positions.
namespace tenon::kernels::avx512 {
namespace {

struct ValuePairs {
  const SoftmaxState* states;
  const float* probabilities;  // [count][kChunk]
  int count;
};

/// 16 numbers of a cell, the lanes that exist; codes of Q8_0 without their scale.
template <CacheFormat kFormat>
[[gnu::always_inline]] inline __m512 load_value(const std::byte* at, __mmask16 lanes) {
  if constexpr (kFormat == CacheFormat::F32) return _mm512_maskz_loadu_ps(lanes, at);
  if constexpr (kFormat == CacheFormat::Q8_0)
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(lanes, at)));
  const __m256i halves = _mm256_maskz_loadu_epi16(lanes, at);
  if constexpr (kFormat == CacheFormat::F16) return _mm512_cvtph_ps(halves);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

/// Factors of the values of one group: the probabilities themselves, and for Q8_0 multiplied by the scales
/// of each block of 32 dimensions.
template <CacheFormat kFormat, int kPairs, int kVectors>
struct Factors {
  static constexpr bool kIsScaled = kFormat == CacheFormat::Q8_0;
  static constexpr int kBlocks = (kVectors + 1) / 2;
  alignas(64) float scaled[kIsScaled ? kPairs : 1][kBlocks][kCellGroup];
  const float* probabilities;

  [[gnu::always_inline]] void take(const std::byte* group, int first_dim, const float* at) {
    probabilities = at;
    if constexpr (kIsScaled)
      unroll<kBlocks>([&]<int b>() [[gnu::always_inline]] {
        const __m512 scale = load_numbers<CacheFormat::F16>(
            group + 2 * kCellGroup * (first_dim / kCacheScaleNumbers + b));
        unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
          _mm512_store_ps(scaled[p][b], _mm512_mul_ps(scale, _mm512_load_ps(at + p * kChunk)));
        });
      });
  }
  template <int kPair, int kVector>
  [[gnu::always_inline]] __m512 get(int lane) const {
    if constexpr (kIsScaled) return _mm512_set1_ps(scaled[kPair][kVector / 2][lane]);
    return _mm512_set1_ps(probabilities[kPair * kChunk + lane]);
  }
};

/// values[first .. first + 16 kVectors) of every pair, plus those of positions [begin, end).
template <CacheFormat kFormat, int kPairs, int kVectors>
void add_vectors(const Groups& values, const ValuePairs& pairs, int first, int begin, int end) {
  constexpr int kBytes = cache_number_bytes(kFormat);
  const int head_dim = values.head_dim;
  const std::int64_t row_bytes = std::int64_t{head_dim} * kBytes;
  __m512 sums[kPairs][kVectors];
  __mmask16 lanes[kVectors];
  unroll<kVectors>([&]<int v>() [[gnu::always_inline]] {
    lanes[v] = first_lanes(head_dim - first - 16 * v);
    unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
      sums[p][v] = _mm512_maskz_loadu_ps(lanes[v], pairs.states[p].values + first + 16 * v);
    });
  });
  Factors<kFormat, kPairs, kVectors> factors;
  for (int at = begin; at < end;) {
    const int place = at / kCellGroup;
    const int group_end = (place + 1) * kCellGroup < end ? (place + 1) * kCellGroup : end;
    const std::byte* group = values.first + (place - values.place) * values.stride;
    factors.take(group, first, pairs.probabilities + place * kCellGroup);
    const std::byte* numbers = group + cache_scale_bytes(kFormat, head_dim) + first * kBytes;
    for (int lane = at - place * kCellGroup; lane < group_end - place * kCellGroup; ++lane) {
      const std::byte* row = numbers + lane * row_bytes;
      __m512 value[kVectors];
      unroll<kVectors>([&]<int v>() [[gnu::always_inline]] {
        if constexpr (v * 16 * kBytes % 64 == 0)
          prefetch_line(row + v * 16 * kBytes + kPrefetchGroups * values.stride);
        value[v] = load_value<kFormat>(row + 16 * kBytes * v, lanes[v]);
      });
      unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
        unroll<kVectors>([&]<int v>() [[gnu::always_inline]] {
          sums[p][v] = _mm512_fmadd_ps(factors.template get<p, v>(lane), value[v], sums[p][v]);
        });
      });
    }
    at = group_end;
  }
  unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
    unroll<kVectors>([&]<int v>() [[gnu::always_inline]] {
      _mm512_mask_storeu_ps(pairs.states[p].values + first + 16 * v, lanes[v], sums[p][v]);
    });
  });
}

template <CacheFormat kFormat, int kPairs>
void add_all(const Groups& values, const ValuePairs& pairs, int begin, int end) {
  const int padded = padded_dim(values.head_dim);
  int first = 0;
  for (; first + 64 <= padded; first += 64)
    add_vectors<kFormat, kPairs, 4>(values, pairs, first, begin, end);
  switch ((padded - first) / 16) {
    case 1:
      return add_vectors<kFormat, kPairs, 1>(values, pairs, first, begin, end);
    case 2:
      return add_vectors<kFormat, kPairs, 2>(values, pairs, first, begin, end);
    case 3:
      return add_vectors<kFormat, kPairs, 3>(values, pairs, first, begin, end);
    default:
      return;
  }
}

template <CacheFormat kFormat>
void add_pair_values(const Groups& values, const ValuePairs& pairs, int begin, int end) {
  static constexpr decltype(&add_all<kFormat, 1>) kFunctions[kTilePairs] = {
      add_all<kFormat, 1>, add_all<kFormat, 2>, add_all<kFormat, 3>,
      add_all<kFormat, 4>, add_all<kFormat, 5>, add_all<kFormat, 6>};
  kFunctions[pairs.count - 1](values, pairs, begin, end);
}

}  // namespace
}  // namespace tenon::kernels::avx512
