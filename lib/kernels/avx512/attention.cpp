#include "kernels/attention_chunks.h"

#include <immintrin.h>

#include "kernels/avx512/attention_scores.h"
#include "kernels/avx512/attention_values.h"
#include "kernels/avx512/exponential.h"
#include "kernels/avx512/operations.h"
#include "kernels/avx512/vectors.h"

// Cost of 64 positions of 64 dimensions and one head: 512 multiply-adds, four exponentials and a share of a
// maximum, 270 cycles at two multiply-adds a cycle. Conversions run beside them on other ports, so keys and
// values are converted as often as they are read, and nothing is kept but what the cache holds. One row
// alone reads 256 bytes a position and kv head of f16: 40 GB/s a core are 27 cycles, its multiply-adds 24
// with a group of three heads: a row is bound by the reading, from two or three on by the arithmetic.
namespace tenon::kernels::avx512 {

namespace {

struct Engine {
  static constexpr int kPairs = kTilePairs;
  using Tile = kernels::Tile<Engine>;

  static constexpr int prepared_floats(int head_dim) { return padded_dim(head_dim); }
  static constexpr std::size_t scratch_floats(int) { return 0; }

  static constexpr float kScoreUnit = 1.44269504088896341f;  // log2(e)
  static float exponential(float x) {
    return _mm512_cvtss_f32(exponential_base2(_mm512_set1_ps(x)));
  }

  static void blend(float* a, float x, const float* b, float y, int size) {
    for (int i = 0; i < size; i += 16) {
      const __mmask16 lanes = first_lanes(size - i);
      const __m512 part = _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, b + i), _mm512_set1_ps(y));
      const __m512 old = _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, a + i), _mm512_set1_ps(x));
      _mm512_mask_storeu_ps(a + i, lanes, _mm512_add_ps(old, part));
    }
  }

  static void prepare_query(CacheFormat format, const float* query, int head_dim, float* prepared) {
    if (format == CacheFormat::Q8_0) return quantize_query(query, head_dim, prepared);
    for (int d = 0; d < head_dim; d += 16) {
      const __mmask16 lanes = first_lanes(head_dim - d);
      _mm512_storeu_ps(prepared + d, _mm512_maskz_loadu_ps(lanes, query + d));
    }
  }

  static void score(const Groups& keys, const Tile& tile, int first, int end, float scale) {
    const PairScores pairs{tile.queries + first, tile.scores + first * kChunk, end - first};
    switch (keys.format) {
      case CacheFormat::F32:
        return score_pairs<CacheFormat::F32>(keys, pairs, scale);
      case CacheFormat::F16:
        return score_pairs<CacheFormat::F16>(keys, pairs, scale);
      case CacheFormat::BF16:
        return score_pairs<CacheFormat::BF16>(keys, pairs, scale);
      case CacheFormat::Q8_0:
        return score_pairs<CacheFormat::Q8_0>(keys, pairs, scale);
    }
  }

  static void soften(float* scores, int begin, int end, const SoftmaxState& state);

  static void add_values(const Groups& values, const Tile& tile, int first, int pairs_end,
                         int begin, int end) {
    const ValuePairs pairs{tile.states + first, tile.scores + first * kChunk, pairs_end - first};
    switch (values.format) {
      case CacheFormat::F32:
        return add_pair_values<CacheFormat::F32>(values, pairs, begin, end);
      case CacheFormat::F16:
        return add_pair_values<CacheFormat::F16>(values, pairs, begin, end);
      case CacheFormat::BF16:
        return add_pair_values<CacheFormat::BF16>(values, pairs, begin, end);
      case CacheFormat::Q8_0:
        return add_pair_values<CacheFormat::Q8_0>(values, pairs, begin, end);
    }
  }
};

/// -infinity in lanes [begin, end) of the two vectors at `scores`.
void hide(float* scores, int begin, int end) {
  const __m512 nothing = _mm512_set1_ps(-__builtin_inff());
  for (int v = 0; v < 2; ++v)
    _mm512_mask_store_ps(
        scores + 16 * v,
        static_cast<__mmask16>(first_lanes(end - 16 * v) & ~first_lanes(begin - 16 * v)), nothing);
}

// Two vectors at a time, so that two chains of sums run side by side; which one a position belongs to
// follows from its place in the chunk.
void Engine::soften(float* scores, int begin, int end, const SoftmaxState& state) {
  const int first = begin / 32 * 32, last = (end + 31) / 32 * 32;
  if (begin > first) hide(scores + first, 0, begin - first);
  if (end < last) hide(scores + last - 32, end - last + 32, 32);
  __m512 largest[2] = {_mm512_load_ps(scores + first), _mm512_load_ps(scores + first + 16)};
  for (int at = first + 32; at < last; at += 32)
    unroll<2>([&]<int v>() [[gnu::always_inline]] {
      largest[v] = _mm512_max_ps(largest[v], _mm512_load_ps(scores + at + 16 * v));
    });
  const float maximum = _mm512_reduce_max_ps(_mm512_max_ps(largest[0], largest[1]));
  const __m512 shift = _mm512_set1_ps(maximum);
  __m512 sums[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
  for (int at = first; at < last; at += 32)
    unroll<2>([&]<int v>() [[gnu::always_inline]] {
      const __m512 score = _mm512_load_ps(scores + at + 16 * v);
      const __m512 probability = exponential_base2(_mm512_sub_ps(score, shift));
      _mm512_store_ps(scores + at + 16 * v, probability);
      sums[v] = _mm512_add_ps(sums[v], probability);
    });
  state.maximum() = maximum;
  state.sum() = _mm512_reduce_add_ps(_mm512_add_ps(sums[0], sums[1]));
}

}  // namespace

std::size_t attention_scratch_floats(int heads, int head_dim) {
  return scratch_floats<Engine>(heads, head_dim);
}

void attend(const AttentionJob& job, std::int64_t kv_head, float* scratch) {
  attend_head<Engine>(job, kv_head, scratch);
}

void attend_chunks(const AttentionJob& job, std::int64_t kv_head, std::int64_t chunk_begin,
                   std::int64_t chunk_end, float* partials, std::int64_t chunk_stride,
                   float* scratch) {
  kernels::attend_chunks<Engine>(job, kv_head, chunk_begin, chunk_end, partials, chunk_stride,
                                 scratch);
}

void combine_chunks(const AttentionQuery& row, std::int64_t head, const float* partials) {
  kernels::combine_chunks<Engine>(row, head, partials);
}

}  // namespace tenon::kernels::avx512
