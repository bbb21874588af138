#include <immintrin.h>

#include "kernels/attention_blocks.h"
#include "kernels/avx512/exponential.h"
#include "kernels/avx512/operations.h"
#include "kernels/avx512/transpose.h"
#include "kernels/avx512/vectors.h"

// Cost of a block of 64 positions, 64 dimensions and one head: 512 multiply-adds, four exponentials and
// a maximum, 320 cycles at two multiply-adds a cycle. Reading and transposing a panel is done once for
// all rows and heads that share it.
namespace tenon::kernels::avx512 {

namespace {

constexpr int kBlockVectors = kBlock / 16;
constexpr int kTilePairs = 6;  // times 4 vectors: 24 accumulators

template <CacheFormat kFormat>
[[gnu::always_inline]] inline __m512 load_cache(const std::byte* at, __mmask16 lanes) {
  if constexpr (kFormat == CacheFormat::F32) return _mm512_maskz_loadu_ps(lanes, at);
  const __m256i halves = _mm256_maskz_loadu_epi16(lanes, at);
  if constexpr (kFormat == CacheFormat::F16) return _mm512_cvtph_ps(halves);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

/// Scores, then probabilities, of a tile's pairs, and by how much each pair's old values shrink.
struct TileScores {
  alignas(64) float values[kTilePairs][kBlock];
  alignas(64) float factors[16];
};

struct Engine {
  static constexpr int kPairs = kTilePairs;
  static constexpr bool kReadsCachedValues = true;  // a single tile of pairs converts them itself
  using Panel = BlockPanel<Engine>;

  static float exponential(float x) {
    return _mm512_cvtss_f32(avx512::exponential(_mm512_set1_ps(x)));
  }

  /// Up to 16 cells into a panel: keys to [dim][16], values to [16][padded dim].
  static void read_group(const AttentionCache& cache, std::int64_t kv_head,
                         const std::int32_t* cells, int count, float* keys, float* values) {
    switch (cache.format) {
      case CacheFormat::F32:
        return read<CacheFormat::F32>(cache, kv_head, cells, count, keys, values);
      case CacheFormat::F16:
        return read<CacheFormat::F16>(cache, kv_head, cells, count, keys, values);
      case CacheFormat::BF16:
        return read<CacheFormat::BF16>(cache, kv_head, cells, count, keys, values);
    }
  }

  /// One block for `count` pairs.
  static void attend(const Pair* pairs, int count, const Panel& panel, const Visible& visible,
                     float scale);

 private:
  template <CacheFormat kFormat>
  static void read(const AttentionCache& cache, std::int64_t kv_head, const std::int32_t* cells,
                   int count, float* keys, float* values) {
    constexpr std::int64_t kBytes = kFormat == CacheFormat::F32 ? 4 : 2;
    const std::int64_t row_bytes = cache.head_dim * kBytes;
    const int padded = padded_dim(cache.head_dim);
    std::int64_t offsets[16];
    for (int i = 0; i < 16; ++i) {
      // Absent positions repeat the last one: their scores are never used.
      offsets[i] = (kv_head * cache.cells + cells[i < count ? i : count - 1]) * row_bytes;
      // Where cells follow each other this is the next block; elsewhere it does no harm.
      for (std::int64_t at = 0; at < row_bytes; at += 64) {
        prefetch_line(cache.keys + offsets[i] + kBlock * row_bytes + at);
        prefetch_line(cache.values + offsets[i] + kBlock * row_bytes + at);
      }
    }
    for (int d = 0; d < cache.head_dim; d += 16) {
      const __mmask16 lanes = first_lanes(cache.head_dim - d);
      __m512i square[16];
      for (int i = 0; i < 16; ++i)
        square[i] =
            _mm512_castps_si512(load_cache<kFormat>(cache.keys + offsets[i] + d * kBytes, lanes));
      transpose_square(square);
      for (int i = 0; i < 16; ++i) _mm512_store_si512(keys + (d + i) * 16, square[i]);
    }
    if (values == nullptr) return;
    for (int i = 0; i < count; ++i)
      for (int d = 0; d < cache.head_dim; d += 16)
        _mm512_store_ps(values + i * padded + d,
                        load_cache<kFormat>(cache.values + offsets[i] + d * kBytes,
                                            first_lanes(cache.head_dim - d)));
  }
};

/// Values of a block as float32: from the panel, or straight from the cache.
struct PanelValues {
  const Engine::Panel& panel;
  const float* row(int position) const { return panel.value(position); }
  static __m512 load(const float* row, int d, __mmask16) { return _mm512_load_ps(row + d); }
};
template <CacheFormat kFormat>
struct CachedValues {
  const Engine::Panel& panel;
  const std::byte* row(int position) const { return panel.cached_value(position); }
  static __m512 load(const std::byte* row, int d, __mmask16 lanes) {
    return load_cache<kFormat>(row + d * (kFormat == CacheFormat::F32 ? 4 : 2), lanes);
  }
};

template <int kPairs, int kVectors>
void compute_scores(const Pair* pairs, const Engine::Panel& panel, int head_dim, float scale,
                    TileScores& scores) {
  __m512 sums[kPairs][kVectors];
  unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
    unroll<kVectors>([&]<int v>() [[gnu::always_inline]] { sums[p][v] = _mm512_setzero_ps(); });
  });
  for (int d = 0; d < head_dim; ++d) {
    __m512 keys[kVectors];
    unroll<kVectors>(
        [&]<int v>() [[gnu::always_inline]] { keys[v] = _mm512_load_ps(panel.keys(v) + 16 * d); });
    unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
      const __m512 query = _mm512_set1_ps(pairs[p].query[d]);
      unroll<kVectors>([&]<int v>() [[gnu::always_inline]] {
        sums[p][v] = _mm512_fmadd_ps(query, keys[v], sums[p][v]);
      });
    });
  }
  unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
    unroll<kVectors>([&]<int v>() [[gnu::always_inline]] {
      _mm512_store_ps(scores.values[p] + 16 * v, _mm512_mul_ps(sums[p][v], _mm512_set1_ps(scale)));
    });
  });
}

/// Lanes of vector v that are visible.
__mmask16 visible_lanes(const Visible& visible, int v) {
  return static_cast<__mmask16>(first_lanes(visible.end - 16 * v) &
                                ~first_lanes(visible.begin - 16 * v));
}

void update_softmax(const Pair* pairs, int count, const Visible& visible, TileScores& scores) {
  alignas(64) float shifts[16] = {};
  float block_sums[kTilePairs];
  for (int p = 0; p < count; ++p) {
    const SoftmaxState& state = pairs[p].state;
    const __m512 nothing = _mm512_set1_ps(-__builtin_inff());
    __m512 score[kBlockVectors];
    for (int v = 0; v < kBlockVectors; ++v)
      score[v] = _mm512_mask_load_ps(nothing, visible_lanes(visible, v), scores.values[p] + 16 * v);
    const float block_maximum = _mm512_reduce_max_ps(
        _mm512_max_ps(_mm512_max_ps(score[0], score[1]), _mm512_max_ps(score[2], score[3])));
    const float maximum = state.maximum() > block_maximum ? state.maximum() : block_maximum;
    shifts[p] = state.maximum() - maximum;
    state.maximum() = maximum;
    for (int v = 0; v < kBlockVectors; ++v) {
      score[v] = exponential(_mm512_sub_ps(score[v], _mm512_set1_ps(maximum)));
      _mm512_store_ps(scores.values[p] + 16 * v, score[v]);
    }
    block_sums[p] = _mm512_reduce_add_ps(
        _mm512_add_ps(_mm512_add_ps(score[0], score[1]), _mm512_add_ps(score[2], score[3])));
  }
  _mm512_store_ps(scores.factors, exponential(_mm512_load_ps(shifts)));
  for (int p = 0; p < count; ++p) {
    float& sum = pairs[p].state.sum();
    sum = sum * scores.factors[p] + block_sums[p];
  }
}

/// values[first .. first + 16 kVectors) of every pair: shrunk, then plus probabilities x values.
template <int kPairs, int kVectors, typename Values>
void add_vectors(const Pair* pairs, const Values& values, const Visible& visible, int first,
                 const TileScores& scores) {
  const int head_dim = pairs[0].state.head_dim;
  __m512 sums[kPairs][kVectors];
  __mmask16 lanes[kVectors];
  unroll<kVectors>([&]<int v>() [[gnu::always_inline]] {
    lanes[v] = first_lanes(head_dim - first - 16 * v);
    unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
      sums[p][v] =
          _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes[v], pairs[p].state.values + first + 16 * v),
                        _mm512_set1_ps(scores.factors[p]));
    });
  });
  for (int j = visible.begin; j < visible.end; ++j) {
    const auto* row = values.row(j);
    __m512 value[kVectors];
    unroll<kVectors>([&]<int v>() [[gnu::always_inline]] {
      value[v] = Values::load(row, first + 16 * v, lanes[v]);
    });
    unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
      const __m512 probability = _mm512_set1_ps(scores.values[p][j]);
      unroll<kVectors>([&]<int v>() [[gnu::always_inline]] {
        sums[p][v] = _mm512_fmadd_ps(probability, value[v], sums[p][v]);
      });
    });
  }
  unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
    unroll<kVectors>([&]<int v>() [[gnu::always_inline]] {
      _mm512_mask_storeu_ps(pairs[p].state.values + first + 16 * v, lanes[v], sums[p][v]);
    });
  });
}

template <int kPairs, typename Values>
void add_values(const Pair* pairs, const Values& values, int padded, const Visible& visible,
                const TileScores& scores) {
  int first = 0;
  for (; first + 64 <= padded; first += 64)
    add_vectors<kPairs, 4>(pairs, values, visible, first, scores);
  switch ((padded - first) / 16) {
    case 1:
      add_vectors<kPairs, 1>(pairs, values, visible, first, scores);
      break;
    case 2:
      add_vectors<kPairs, 2>(pairs, values, visible, first, scores);
      break;
    case 3:
      add_vectors<kPairs, 3>(pairs, values, visible, first, scores);
      break;
    default:
      break;
  }
}

template <int kPairs>
void add_block_values(const Pair* pairs, const Engine::Panel& panel, const Visible& visible,
                      const TileScores& scores) {
  const int padded = panel.padded();
  if (panel.has_values())
    return add_values<kPairs>(pairs, PanelValues{panel}, padded, visible, scores);
  switch (panel.cache().format) {
    case CacheFormat::F32:
      return add_values<kPairs>(pairs, CachedValues<CacheFormat::F32>{panel}, padded, visible,
                                scores);
    case CacheFormat::F16:
      return add_values<kPairs>(pairs, CachedValues<CacheFormat::F16>{panel}, padded, visible,
                                scores);
    case CacheFormat::BF16:
      return add_values<kPairs>(pairs, CachedValues<CacheFormat::BF16>{panel}, padded, visible,
                                scores);
  }
}

template <int kPairs>
void attend_tile(const Pair* pairs, const Engine::Panel& panel, const Visible& visible,
                 float scale) {
  const int head_dim = pairs[0].state.head_dim;
  TileScores scores;
  switch ((visible.end + 15) / 16) {
    case 1:
      compute_scores<kPairs, 1>(pairs, panel, head_dim, scale, scores);
      break;
    case 2:
      compute_scores<kPairs, 2>(pairs, panel, head_dim, scale, scores);
      break;
    case 3:
      compute_scores<kPairs, 3>(pairs, panel, head_dim, scale, scores);
      break;
    default:
      compute_scores<kPairs, 4>(pairs, panel, head_dim, scale, scores);
      break;
  }
  update_softmax(pairs, kPairs, visible, scores);
  add_block_values<kPairs>(pairs, panel, visible, scores);
}

void Engine::attend(const Pair* pairs, int count, const Panel& panel, const Visible& visible,
                    float scale) {
  static constexpr decltype(&attend_tile<1>) kFunctions[kPairs] = {attend_tile<1>, attend_tile<2>,
                                                                   attend_tile<3>, attend_tile<4>,
                                                                   attend_tile<5>, attend_tile<6>};
  kFunctions[count - 1](pairs, panel, visible, scale);
}

}  // namespace

std::size_t attention_scratch_floats(int heads, int head_dim) {
  return scratch_floats<Engine>(heads, head_dim);
}

void attend(const AttentionJob& job, std::int64_t kv_head, float* scratch) {
  attend_head<Engine>(job, kv_head, scratch);
}

void attend_chunk(const AttentionJob& job, std::int64_t kv_head, std::int64_t chunk,
                  float* partials, std::int64_t chunk_stride, float* scratch) {
  kernels::attend_chunk<Engine>(job, kv_head, chunk, partials, chunk_stride, scratch);
}

void combine_chunks(const AttentionQuery& row, std::int64_t head, const float* partials) {
  kernels::combine_chunks<Engine>(row, head, partials);
}

}  // namespace tenon::kernels::avx512
