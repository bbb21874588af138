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

/// Lanes of the vector at `at` that lie in [begin, end).
__mmask16 lanes_within(int at, int begin, int end) {
  return static_cast<__mmask16>(first_lanes(end - at) & ~first_lanes(begin - at));
}

void Engine::soften(float* scores, int begin, int end, const SoftmaxState& state) {
  const __m512 nothing = _mm512_set1_ps(-__builtin_inff());
  const int first = begin / 16 * 16;
  __m512 largest = nothing;
  for (int at = first; at < end; at += 16) {
    const __m512 score = _mm512_mask_load_ps(nothing, lanes_within(at, begin, end), scores + at);
    _mm512_store_ps(scores + at, score);
    largest = _mm512_max_ps(largest, score);
  }
  const float maximum = _mm512_reduce_max_ps(largest);
  __m512 sum = _mm512_setzero_ps();
  for (int at = first; at < end; at += 16) {
    const __m512 probability =
        exponential_base2(_mm512_sub_ps(_mm512_load_ps(scores + at), _mm512_set1_ps(maximum)));
    _mm512_store_ps(scores + at, probability);
    sum = _mm512_add_ps(sum, probability);
  }
  state.maximum() = maximum;
  state.sum() = _mm512_reduce_add_ps(sum);
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
