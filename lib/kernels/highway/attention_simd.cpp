#include "kernels/highway/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway/attention_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/attention_blocks.h"
#include "kernels/highway/exponential-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tenon::kernels::highway {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kTileColumns>;
using V = hn::Vec<Floats>;

constexpr int kTilePairs = 4;

int lanes() {
  return static_cast<int>(hn::Lanes(Floats()));
}

/// Scores, then probabilities, of a tile's pairs, and by how much each pair's old values shrink.
struct TileScores {
  HWY_ALIGN float values[kTilePairs][kBlock];
  float factors[kTilePairs];
};

struct Engine {
  static constexpr int kPairs = kTilePairs;
  static constexpr bool kReadsCachedValues = false;
  using Panel = BlockPanel<Engine>;

  static float exponential(float x) {
    const Floats d;
    return hn::GetLane(HWY_NAMESPACE::exponential(d, hn::Set(d, x)));
  }

  /// Up to 16 cells into a panel: keys to [dim][16], values to [16][padded dim].
  static void read_group(const AttentionCache& cache, std::int64_t kv_head,
                         const std::int32_t* cells, int count, float* keys, float* values) {
    const int padded = padded_dim(cache.head_dim);
    for (int i = 0; i < count; ++i) {
      const std::int64_t at = (kv_head * cache.cells + cells[i]) * cache_row_bytes(cache);
      float* row = values + i * padded;
      widen(cache, cache.keys + at, row);  // the row of values serves to turn the key round
      for (int d = 0; d < cache.head_dim; ++d) keys[d * kGroupPositions + i] = row[d];
      widen(cache, cache.values + at, row);
    }
    // Absent positions repeat the last one: their scores are never used.
    for (int d = 0; d < cache.head_dim; ++d)
      for (int i = count; i < kGroupPositions; ++i)
        keys[d * kGroupPositions + i] = keys[d * kGroupPositions + count - 1];
  }

  static void attend(const Pair* pairs, int count, const Panel& panel, const Visible& visible,
                     float scale);

 private:
  static void widen(const AttentionCache& cache, const std::byte* from, float* to) {
    const Floats d;
    const hn::Rebind<hwy::float16_t, Floats> d_half;
    const hn::Rebind<hwy::bfloat16_t, Floats> d_bfloat;
    int i = 0;
    for (; i + lanes() <= cache.head_dim; i += lanes()) {
      V numbers = hn::Zero(d);
      if (cache.format == CacheFormat::F32)
        numbers = hn::LoadU(d, reinterpret_cast<const float*>(from) + i);
      else if (cache.format == CacheFormat::F16)
        numbers =
            hn::PromoteTo(d, hn::LoadU(d_half, reinterpret_cast<const hwy::float16_t*>(from) + i));
      else
        numbers = hn::PromoteTo(
            d, hn::LoadU(d_bfloat, reinterpret_cast<const hwy::bfloat16_t*>(from) + i));
      hn::StoreU(numbers, d, to + i);
    }
    if (i < cache.head_dim) widen_tail(cache, from, i, to);
  }
  static void widen_tail(const AttentionCache& cache, const std::byte* from, int first, float* to) {
    HWY_ALIGN std::byte padded[4 * kTileColumns] = {};
    HWY_ALIGN float numbers[kTileColumns];
    const std::int64_t bytes = cache_row_bytes(cache) / cache.head_dim;
    for (std::int64_t i = 0; i < (cache.head_dim - first) * bytes; ++i)
      padded[i] = from[first * bytes + i];
    AttentionCache one = cache;
    one.head_dim = lanes();
    widen(one, padded, numbers);
    for (int i = first; i < cache.head_dim; ++i) to[i] = numbers[i - first];
  }
};

/// Scores of positions [position, position + 2 vectors) of four pairs; absent pairs repeat the last.
void score_vectors(const Pair* const (&pairs)[kTilePairs], const Engine::Panel& panel, int head_dim,
                   int position, float scale, TileScores& scores) {
  const Floats d;
  const int second = position + lanes();
  const float* keys0 = panel.keys(position / kGroupPositions) + position % kGroupPositions;
  const float* keys1 = panel.keys(second / kGroupPositions) + second % kGroupPositions;
  V a0 = hn::Zero(d), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, e0 = a0, e1 = a0;
  for (int i = 0; i < head_dim; ++i, keys0 += kGroupPositions, keys1 += kGroupPositions) {
    const V k0 = hn::LoadU(d, keys0), k1 = hn::LoadU(d, keys1);
    const V qa = hn::Set(d, pairs[0]->query[i]), qb = hn::Set(d, pairs[1]->query[i]);
    a0 = hn::MulAdd(k0, qa, a0), a1 = hn::MulAdd(k1, qa, a1);
    b0 = hn::MulAdd(k0, qb, b0), b1 = hn::MulAdd(k1, qb, b1);
    const V qc = hn::Set(d, pairs[2]->query[i]), qe = hn::Set(d, pairs[3]->query[i]);
    c0 = hn::MulAdd(k0, qc, c0), c1 = hn::MulAdd(k1, qc, c1);
    e0 = hn::MulAdd(k0, qe, e0), e1 = hn::MulAdd(k1, qe, e1);
  }
  const V factor = hn::Set(d, scale);
  hn::StoreU(hn::Mul(a0, factor), d, scores.values[0] + position);
  hn::StoreU(hn::Mul(a1, factor), d, scores.values[0] + second);
  hn::StoreU(hn::Mul(b0, factor), d, scores.values[1] + position);
  hn::StoreU(hn::Mul(b1, factor), d, scores.values[1] + second);
  hn::StoreU(hn::Mul(c0, factor), d, scores.values[2] + position);
  hn::StoreU(hn::Mul(c1, factor), d, scores.values[2] + second);
  hn::StoreU(hn::Mul(e0, factor), d, scores.values[3] + position);
  hn::StoreU(hn::Mul(e1, factor), d, scores.values[3] + second);
}

/// Turns one pair's scores into probabilities and notes maximum and sum.
void update_softmax(const SoftmaxState& state, const Visible& visible, float* scores,
                    float& factor) {
  const Floats d;
  for (int j = 0; j < visible.begin; ++j) scores[j] = -__builtin_inff();
  for (int j = visible.end; j < kBlock; ++j) scores[j] = -__builtin_inff();
  V largest = hn::LoadU(d, scores);
  for (int j = lanes(); j < kBlock; j += lanes())
    largest = hn::Max(largest, hn::LoadU(d, scores + j));
  const float block_maximum = hn::GetLane(hn::MaxOfLanes(d, largest));
  const float maximum = state.maximum() > block_maximum ? state.maximum() : block_maximum;
  V sum = hn::Zero(d);
  for (int j = 0; j < kBlock; j += lanes()) {
    const V probability = exponential(d, hn::Sub(hn::LoadU(d, scores + j), hn::Set(d, maximum)));
    hn::StoreU(probability, d, scores + j);
    sum = hn::Add(sum, probability);
  }
  factor = Engine::exponential(state.maximum() - maximum);
  state.maximum() = maximum;
  state.sum() = state.sum() * factor + hn::GetLane(hn::SumOfLanes(d, sum));
}

/// Values [first, first + vector) of four pairs: shrunk, then plus probabilities x panel values.
void add_value_vector(const Pair* const (&pairs)[kTilePairs], int count, const Engine::Panel& panel,
                      const Visible& visible, int first, const TileScores& scores) {
  const Floats d;
  const int left = pairs[0]->state.head_dim - first;
  const auto old = [&](int p) HWY_ATTR {
    return hn::Mul(load_first(d, pairs[p]->state.values + first, left),
                   hn::Set(d, scores.factors[p]));
  };
  V a = old(0), b = old(1), c = old(2), e = old(3);
  for (int j = visible.begin; j < visible.end; ++j) {
    const V value = hn::LoadU(d, panel.value(j) + first);
    a = hn::MulAdd(value, hn::Set(d, scores.values[0][j]), a);
    b = hn::MulAdd(value, hn::Set(d, scores.values[1][j]), b);
    c = hn::MulAdd(value, hn::Set(d, scores.values[2][j]), c);
    e = hn::MulAdd(value, hn::Set(d, scores.values[3][j]), e);
  }
  store_first(d, a, pairs[0]->state.values + first, left);
  if (count > 1) store_first(d, b, pairs[1]->state.values + first, left);
  if (count > 2) store_first(d, c, pairs[2]->state.values + first, left);
  if (count > 3) store_first(d, e, pairs[3]->state.values + first, left);
}

void Engine::attend(const Pair* pairs, int count, const Panel& panel, const Visible& visible,
                    float scale) {
  const Pair* four[kTilePairs];
  for (int p = 0; p < kTilePairs; ++p) four[p] = pairs + (p < count ? p : count - 1);
  const int head_dim = pairs[0].state.head_dim;
  TileScores scores;
  for (int position = 0; position < visible.end; position += 2 * lanes())
    score_vectors(four, panel, head_dim, position, scale, scores);
  for (int p = 0; p < count; ++p)
    update_softmax(pairs[p].state, visible, scores.values[p], scores.factors[p]);
  for (int p = count; p < kTilePairs; ++p) scores.factors[p] = 0.0f;
  for (int first = 0; first < head_dim; first += lanes())
    add_value_vector(four, count, panel, visible, first, scores);
}

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

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace tenon::kernels::highway
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tenon::kernels::highway {

HWY_EXPORT(attention_scratch_floats);
HWY_EXPORT(attend);
HWY_EXPORT(attend_chunk);
HWY_EXPORT(combine_chunks);

std::size_t attention_scratch_floats(int heads, int head_dim) {
  return HWY_DYNAMIC_DISPATCH(attention_scratch_floats)(heads, head_dim);
}

void attend(const AttentionJob& job, std::int64_t kv_head, float* scratch) {
  HWY_DYNAMIC_DISPATCH(attend)(job, kv_head, scratch);
}

void attend_chunk(const AttentionJob& job, std::int64_t kv_head, std::int64_t chunk,
                  float* partials, std::int64_t chunk_stride, float* scratch) {
  HWY_DYNAMIC_DISPATCH(attend_chunk)(job, kv_head, chunk, partials, chunk_stride, scratch);
}

void combine_chunks(const AttentionQuery& row, std::int64_t head, const float* partials) {
  HWY_DYNAMIC_DISPATCH(combine_chunks)(row, head, partials);
}

}  // namespace tenon::kernels::highway
#endif  // HWY_ONCE
