#pragma once

#include <immintrin.h>

#include "kernels/attention_chunks.h"
#include "kernels/avx512/vectors.h"

/// Scores: query . key of up to six pairs and four groups of 16 keys at a time, 24 accumulators. A group is
/// one vector wide, so a score is one lane's chain.
namespace tenon::kernels::avx512 {
namespace {

constexpr int kTilePairs = 6;
constexpr int kScoreGroups = 4;

/// Bytes that keys and values are asked for ahead of their use: reading runs over several small streams,
/// and the processor's own prefetching stops at every page.
constexpr std::int64_t kPrefetchGroups = 4;

struct PairScores {
  const float* const* queries;  // prepared
  float* scores;                // [count][kChunk]
  int count;
};

/// 16 numbers of a float cache.
template <CacheFormat kFormat>
[[gnu::always_inline]] inline __m512 load_numbers(const std::byte* at) {
  if constexpr (kFormat == CacheFormat::F32) return _mm512_loadu_ps(at);
  const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  if constexpr (kFormat == CacheFormat::F16) return _mm512_cvtph_ps(halves);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

template <CacheFormat kFormat, int kPairs, int kGroups>
void score_groups(const Groups& keys, const std::byte* first, const PairScores& pairs, float scale,
                  float* scores) {
  constexpr std::int64_t kStep = kCellGroup * cache_number_bytes(kFormat);
  const float* queries[kPairs];
  unroll<kPairs>([&]<int p>() [[gnu::always_inline]] { queries[p] = pairs.queries[p]; });
  __m512 sums[kPairs][kGroups];
  unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
    unroll<kGroups>([&]<int v>() [[gnu::always_inline]] { sums[p][v] = _mm512_setzero_ps(); });
  });
  const std::int64_t stride = keys.stride;
  for (int d = 0; d < keys.head_dim; ++d, first += kStep) {
    __m512 key[kGroups];
    unroll<kGroups>([&]<int v>() [[gnu::always_inline]] {
      prefetch_line(first + (v + kPrefetchGroups) * stride);
      key[v] = load_numbers<kFormat>(first + v * stride);
    });
    unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
      const __m512 query = _mm512_set1_ps(queries[p][d]);
      unroll<kGroups>([&]<int v>() [[gnu::always_inline]] {
        sums[p][v] = _mm512_fmadd_ps(query, key[v], sums[p][v]);
      });
    });
  }
  unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
    unroll<kGroups>([&]<int v>() [[gnu::always_inline]] {
      _mm512_store_ps(scores + p * kChunk + 16 * v,
                      _mm512_mul_ps(sums[p][v], _mm512_set1_ps(scale)));
    });
  });
}

// -- Q8_0 ---------------------------------------------------------------------------------------------

/// A query's 32 numbers as two bytes each, q = scale * (128 high + low): exact to 2^-15 of the largest,
/// far below what the codes of the keys have lost.
struct QueryBlock {
  std::int8_t high[32];
  std::int8_t low[32];
  float scale;
  std::int32_t offset;  // 128 * sum of (128 high + low): keys are stored as code + 128
};
static_assert(sizeof(QueryBlock) <= 32 * sizeof(float));

inline void quantize_query(const float* query, int head_dim, float* prepared) {
  auto* block = reinterpret_cast<QueryBlock*>(prepared);
  for (int d = 0; d < head_dim; d += 32, ++block) {
    const __m512 a = _mm512_loadu_ps(query + d), b = _mm512_loadu_ps(query + d + 16);
    const float largest = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(a), _mm512_abs_ps(b)));
    constexpr float kLargest = 127 * 128;
    const float inverse = largest > 1e-30f ? kLargest / largest : 0.0f;  // 0: no score to speak of
    // Not finite where a number is not, so that the score is not either.
    const __m512 zero = _mm512_setzero_ps();
    const float spoiled =
        _mm512_reduce_add_ps(_mm512_add_ps(_mm512_mul_ps(a, zero), _mm512_mul_ps(b, zero)));
    block->scale = largest / kLargest + spoiled;
    const __mmask16 is_finite = spoiled == 0.0f ? 0xFFFF : 0;
    __m512i sum = _mm512_setzero_si512();
    for (int half = 0; half < 2; ++half) {
      const __m512i whole = _mm512_maskz_cvtps_epi32(
          is_finite, _mm512_mul_ps(half == 0 ? a : b, _mm512_set1_ps(inverse)));
      const __m512i high = _mm512_srai_epi32(_mm512_add_epi32(whole, _mm512_set1_epi32(64)), 7);
      const __m512i low = _mm512_sub_epi32(whole, _mm512_slli_epi32(high, 7));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(block->high + 16 * half),
                       _mm512_cvtepi32_epi8(high));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(block->low + 16 * half),
                       _mm512_cvtepi32_epi8(low));
      sum = _mm512_add_epi32(sum, whole);
    }
    block->offset = static_cast<std::int32_t>(
        static_cast<std::uint32_t>(_mm512_reduce_add_epi32(sum)) * std::uint32_t{128});
  }
}

[[gnu::always_inline]] inline __m512i four_codes(const std::int8_t* codes) {
  std::int32_t quad;
  __builtin_memcpy(&quad, codes, sizeof quad);
  return _mm512_set1_epi32(quad);
}

template <int kPairs, int kGroups, bool kFirst>
[[gnu::always_inline]] inline void score_block(const Groups& keys, const std::byte* first,
                                               const std::byte* codes, int block,
                                               const PairScores& pairs, float scale,
                                               float* scores) {
  const QueryBlock* queries[kPairs];
  __m512i sums[kPairs][kGroups];
  unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
    queries[p] = reinterpret_cast<const QueryBlock*>(pairs.queries[p]) + block;
    unroll<kGroups>([&]<int v>() [[gnu::always_inline]] { sums[p][v] = _mm512_setzero_si512(); });
  });
  const auto add_quads = [&](const auto& quads_of) [[gnu::always_inline]] {
    for (int i = 0; i < 8; ++i) {
      __m512i key[kGroups];
      unroll<kGroups>([&]<int v>() [[gnu::always_inline]] {
        prefetch_line(codes + (v + kPrefetchGroups) * keys.stride + 64 * i);
        key[v] = _mm512_loadu_si512(codes + v * keys.stride + 64 * i);
      });
      unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
        const __m512i query = four_codes(quads_of(*queries[p]) + 4 * i);
        unroll<kGroups>([&]<int v>() [[gnu::always_inline]] {
          sums[p][v] = _mm512_dpbusd_epi32(sums[p][v], key[v], query);
        });
      });
    }
  };
  add_quads([](const QueryBlock& query) { return query.high; });
  unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
    const __m512i offset = _mm512_set1_epi32(queries[p]->offset);
    unroll<kGroups>([&]<int v>() [[gnu::always_inline]] {
      sums[p][v] = _mm512_sub_epi32(_mm512_slli_epi32(sums[p][v], 7), offset);
    });
  });
  add_quads([](const QueryBlock& query) { return query.low; });
  unroll<kGroups>([&]<int v>() [[gnu::always_inline]] {
    const __m512 key_scale =
        load_numbers<CacheFormat::F16>(first + v * keys.stride + 2 * kCellGroup * block);
    unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
      const __m512 factor = _mm512_mul_ps(key_scale, _mm512_set1_ps(queries[p]->scale * scale));
      const __m512 sum = _mm512_cvtepi32_ps(sums[p][v]);
      float* score = scores + p * kChunk + 16 * v;
      if constexpr (kFirst)
        _mm512_store_ps(score, _mm512_mul_ps(sum, factor));
      else
        _mm512_store_ps(score, _mm512_fmadd_ps(sum, factor, _mm512_load_ps(score)));
    });
  });
}

template <int kPairs, int kGroups>
void score_byte_groups(const Groups& keys, const std::byte* first, const PairScores& pairs,
                       float scale, float* scores) {
  const int blocks = keys.head_dim / kCacheScaleNumbers;
  const std::byte* codes = first + cache_scale_bytes(CacheFormat::Q8_0, keys.head_dim);
  constexpr std::int64_t kBlockBytes = kCacheScaleNumbers * kCellGroup;
  score_block<kPairs, kGroups, true>(keys, first, codes, 0, pairs, scale, scores);
  for (int b = 1; b < blocks; ++b)
    score_block<kPairs, kGroups, false>(keys, first, codes + b * kBlockBytes, b, pairs, scale,
                                        scores);
}

// -- Any number of pairs and groups -------------------------------------------------------------------

template <CacheFormat kFormat, int kPairs, int kGroups>
void score_some(const Groups& keys, int group, const PairScores& pairs, float scale) {
  const std::byte* first = keys.first + group * keys.stride;
  float* scores = pairs.scores + (keys.place + group) * kCellGroup;
  if constexpr (kFormat == CacheFormat::Q8_0)
    score_byte_groups<kPairs, kGroups>(keys, first, pairs, scale, scores);
  else
    score_groups<kFormat, kPairs, kGroups>(keys, first, pairs, scale, scores);
}

template <CacheFormat kFormat, int kPairs>
void score_all(const Groups& keys, const PairScores& pairs, float scale) {
  int group = 0;
  for (; group + kScoreGroups <= keys.count; group += kScoreGroups)
    score_some<kFormat, kPairs, kScoreGroups>(keys, group, pairs, scale);
  switch (keys.count - group) {
    case 1:
      return score_some<kFormat, kPairs, 1>(keys, group, pairs, scale);
    case 2:
      return score_some<kFormat, kPairs, 2>(keys, group, pairs, scale);
    case 3:
      return score_some<kFormat, kPairs, 3>(keys, group, pairs, scale);
    default:
      return;
  }
}

template <CacheFormat kFormat>
void score_pairs(const Groups& keys, const PairScores& pairs, float scale) {
  static constexpr decltype(&score_all<kFormat, 1>) kFunctions[kTilePairs] = {
      score_all<kFormat, 1>, score_all<kFormat, 2>, score_all<kFormat, 3>,
      score_all<kFormat, 4>, score_all<kFormat, 5>, score_all<kFormat, 6>};
  kFunctions[pairs.count - 1](keys, pairs, scale);
}

}  // namespace
}  // namespace tenon::kernels::avx512
