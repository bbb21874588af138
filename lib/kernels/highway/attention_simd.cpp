#include "kernels/highway/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway/attention_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/attention_chunks.h"
#include "kernels/highway/exponential-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tenon::kernels::highway {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kTileColumns>;
using V = hn::Vec<Floats>;

constexpr int kSetPairs = 4;  // that meet a widened group together

int lanes() {
  return static_cast<int>(hn::Lanes(Floats()));
}

/// `count` numbers of a float cache as float32.
void widen(CacheFormat format, const std::byte* from, int count, float* to) {
  const Floats d;
  const hn::Rebind<hwy::float16_t, Floats> d_half;
  const hn::Rebind<hwy::bfloat16_t, Floats> d_bfloat;
  int i = 0;
  for (; i + lanes() <= count; i += lanes()) {
    V numbers = hn::Zero(d);
    if (format == CacheFormat::F32)
      numbers = hn::LoadU(d, reinterpret_cast<const float*>(from) + i);
    else if (format == CacheFormat::F16)
      numbers =
          hn::PromoteTo(d, hn::LoadU(d_half, reinterpret_cast<const hwy::float16_t*>(from) + i));
    else
      numbers =
          hn::PromoteTo(d, hn::LoadU(d_bfloat, reinterpret_cast<const hwy::bfloat16_t*>(from) + i));
    hn::StoreU(numbers, d, to + i);
  }
  if (i == count) return;
  HWY_ALIGN std::byte padded[4 * kTileColumns] = {};
  HWY_ALIGN float numbers[kTileColumns];
  const int bytes = cache_number_bytes(format);
  for (int b = 0; b < (count - i) * bytes; ++b) padded[b] = from[i * bytes + b];
  widen(format, padded, lanes(), numbers);
  for (int rest = i; rest < count; ++rest) to[rest] = numbers[rest - i];
}

/// The scales of a group of Q8_0, [head_dim / 32][16].
void widen_scales(const std::byte* group, int block, float* scales) {
  widen(CacheFormat::F16, group + 2 * kCellGroup * block, kCellGroup, scales);
}

/// A group of keys as float32 [head_dim][16].
void widen_keys(const Groups& keys, const std::byte* group, float* panel) {
  if (keys.format != CacheFormat::Q8_0)
    return widen(keys.format, group, keys.head_dim * kCellGroup, panel);
  const auto* codes =
      reinterpret_cast<const std::uint8_t*>(group + cache_scale_bytes(keys.format, keys.head_dim));
  float scales[kCellGroup];
  for (int d = 0; d < keys.head_dim; ++d) {
    if (d % kCacheScaleNumbers == 0) widen_scales(group, d / kCacheScaleNumbers, scales);
    const std::uint8_t* quads = codes + d / 4 * 4 * kCellGroup + d % 4;
    for (int lane = 0; lane < kCellGroup; ++lane)
      panel[d * kCellGroup + lane] =
          static_cast<float>(quads[4 * lane] - kCacheCodeOffset) * scales[lane];
  }
}

/// Lanes [begin, end) of a group of values as float32 [16][padded dim].
void widen_values(const Groups& values, const std::byte* group, int begin, int end, float* panel) {
  const int head_dim = values.head_dim, padded = padded_dim(head_dim);
  const std::byte* numbers = group + cache_scale_bytes(values.format, head_dim);
  const std::int64_t row_bytes = std::int64_t{head_dim} * cache_number_bytes(values.format);
  for (int lane = begin; lane < end; ++lane) {
    const std::byte* row = numbers + lane * row_bytes;
    if (values.format != CacheFormat::Q8_0)
      widen(values.format, row, head_dim, panel + lane * padded);
  }
  if (values.format != CacheFormat::Q8_0) return;
  float scales[kCellGroup];
  for (int block = 0; block < head_dim / kCacheScaleNumbers; ++block) {
    widen_scales(group, block, scales);
    for (int lane = begin; lane < end; ++lane)
      for (int d = block * kCacheScaleNumbers; d < (block + 1) * kCacheScaleNumbers; ++d)
        panel[lane * padded + d] =
            static_cast<float>(static_cast<std::int8_t>(numbers[lane * row_bytes + d])) *
            scales[lane];
  }
}

struct Engine {
  static constexpr int kPairs = 3 * kSetPairs;
  using Tile = kernels::Tile<Engine>;

  static constexpr int prepared_floats(int head_dim) { return padded_dim(head_dim); }
  static constexpr std::size_t scratch_floats(int head_dim) {  // a widened group
    return static_cast<std::size_t>(kCellGroup * padded_dim(head_dim));
  }

  static constexpr float kScoreUnit = 1.0f;
  static float exponential(float x) {
    const Floats d;
    return hn::GetLane(HWY_NAMESPACE::exponential(d, hn::Set(d, x)));
  }
  static void blend(float* a, float x, const float* b, float y, int size) {
    const Floats d;
    const V factor = hn::Set(d, x), other = hn::Set(d, y);
    for (int i = 0; i < size; i += lanes()) {
      const V part = hn::Mul(load_first(d, b + i, size - i), other);
      store_first(d, hn::Add(hn::Mul(load_first(d, a + i, size - i), factor), part), a + i,
                  size - i);
    }
  }
  static void prepare_query(CacheFormat, const float* query, int head_dim, float* prepared) {
    for (int d = 0; d < head_dim; ++d) prepared[d] = query[d];
  }
  static void score(const Groups& keys, const Tile& tile, int first, int end, float scale);
  static void soften(float* scores, int begin, int end, const SoftmaxState& state);
  static void add_values(const Groups& values, const Tile& tile, int first, int pairs_end,
                         int begin, int end);
};

/// Scores of positions [position, position + 2 vectors) of four pairs of a group, which absent pairs repeat.
void score_vectors(const float* const (&queries)[kSetPairs], const float* panel, int head_dim,
                   int position, float scale, float* const (&scores)[kSetPairs]) {
  const Floats d;
  // A vector of all 16 lanes has no second one beside it.
  const int second = position + lanes() < kCellGroup ? position + lanes() : position;
  const float *keys0 = panel + position, *keys1 = panel + second;
  V a0 = hn::Zero(d), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, e0 = a0, e1 = a0;
  for (int i = 0; i < head_dim; ++i, keys0 += kCellGroup, keys1 += kCellGroup) {
    const V k0 = hn::LoadU(d, keys0), k1 = hn::LoadU(d, keys1);
    const V qa = hn::Set(d, queries[0][i]), qb = hn::Set(d, queries[1][i]);
    a0 = hn::MulAdd(k0, qa, a0), a1 = hn::MulAdd(k1, qa, a1);
    b0 = hn::MulAdd(k0, qb, b0), b1 = hn::MulAdd(k1, qb, b1);
    const V qc = hn::Set(d, queries[2][i]), qe = hn::Set(d, queries[3][i]);
    c0 = hn::MulAdd(k0, qc, c0), c1 = hn::MulAdd(k1, qc, c1);
    e0 = hn::MulAdd(k0, qe, e0), e1 = hn::MulAdd(k1, qe, e1);
  }
  const V factor = hn::Set(d, scale);
  hn::StoreU(hn::Mul(a0, factor), d, scores[0] + position);
  hn::StoreU(hn::Mul(a1, factor), d, scores[0] + second);
  hn::StoreU(hn::Mul(b0, factor), d, scores[1] + position);
  hn::StoreU(hn::Mul(b1, factor), d, scores[1] + second);
  hn::StoreU(hn::Mul(c0, factor), d, scores[2] + position);
  hn::StoreU(hn::Mul(c1, factor), d, scores[2] + second);
  hn::StoreU(hn::Mul(e0, factor), d, scores[3] + position);
  hn::StoreU(hn::Mul(e1, factor), d, scores[3] + second);
}

void Engine::score(const Groups& keys, const Tile& tile, int first, int end, float scale) {
  for (int group = 0; group < keys.count; ++group) {
    widen_keys(keys, keys.first + group * keys.stride, tile.scratch);
    for (int begin = first; begin < end; begin += kSetPairs) {
      const float* queries[kSetPairs];
      float* scores[kSetPairs];
      for (int p = 0; p < kSetPairs; ++p) {
        const int pair = begin + p < end ? begin + p : end - 1;
        queries[p] = tile.queries[pair];
        scores[p] = tile.scores + pair * kChunk + (keys.place + group) * kCellGroup;
      }
      for (int position = 0; position < kCellGroup; position += 2 * lanes())
        score_vectors(queries, tile.scratch, keys.head_dim, position, scale, scores);
    }
  }
}

void Engine::soften(float* scores, int begin, int end, const SoftmaxState& state) {
  const Floats d;
  const int first = begin / kCellGroup * kCellGroup;
  const int last = (end + kCellGroup - 1) / kCellGroup * kCellGroup;
  for (int j = first; j < begin; ++j) scores[j] = -__builtin_inff();
  for (int j = end; j < last; ++j) scores[j] = -__builtin_inff();
  V largest = hn::LoadU(d, scores + first);
  for (int j = first + lanes(); j < last; j += lanes())
    largest = hn::Max(largest, hn::LoadU(d, scores + j));
  const float maximum = hn::GetLane(hn::MaxOfLanes(d, largest));
  V sum = hn::Zero(d);
  for (int j = first; j < last; j += lanes()) {
    const V probability =
        HWY_NAMESPACE::exponential(d, hn::Sub(hn::LoadU(d, scores + j), hn::Set(d, maximum)));
    hn::StoreU(probability, d, scores + j);
    sum = hn::Add(sum, probability);
  }
  state.maximum() = maximum;
  state.sum() = hn::GetLane(hn::SumOfLanes(d, sum));
}

/// Values [first, first + vector) of up to four pairs, plus probabilities x values of lanes [begin, end).
void add_value_vector(const SoftmaxState* states, const float* const (&probabilities)[kSetPairs],
                      int count, const float* panel, int padded, int begin, int end, int first) {
  const Floats d;
  const int left = states[0].head_dim - first;
  const auto old = [&](int p) HWY_ATTR {
    return load_first(d, states[p < count ? p : count - 1].values + first, left);
  };
  V a = old(0), b = old(1), c = old(2), e = old(3);
  for (int j = begin; j < end; ++j) {
    const V value = hn::LoadU(d, panel + j * padded + first);
    a = hn::MulAdd(value, hn::Set(d, probabilities[0][j]), a);
    b = hn::MulAdd(value, hn::Set(d, probabilities[1][j]), b);
    c = hn::MulAdd(value, hn::Set(d, probabilities[2][j]), c);
    e = hn::MulAdd(value, hn::Set(d, probabilities[3][j]), e);
  }
  store_first(d, a, states[0].values + first, left);
  if (count > 1) store_first(d, b, states[1].values + first, left);
  if (count > 2) store_first(d, c, states[2].values + first, left);
  if (count > 3) store_first(d, e, states[3].values + first, left);
}

void Engine::add_values(const Groups& values, const Tile& tile, int first, int pairs_end, int begin,
                        int end) {
  for (int at = begin, stop; at < end; at = stop) {
    const int place = at / kCellGroup, start = place * kCellGroup;
    stop = start + kCellGroup < end ? start + kCellGroup : end;
    widen_values(values, values.first + (place - values.place) * values.stride, at - start,
                 stop - start, tile.scratch);
    for (int pair = first; pair < pairs_end; pair += kSetPairs) {
      const int count = pairs_end - pair < kSetPairs ? pairs_end - pair : kSetPairs;
      const float* probabilities[kSetPairs];
      for (int p = 0; p < kSetPairs; ++p)
        probabilities[p] = tile.scores + (pair + (p < count ? p : count - 1)) * kChunk + start;
      for (int d = 0; d < values.head_dim; d += lanes())
        add_value_vector(tile.states + pair, probabilities, count, tile.scratch,
                         padded_dim(values.head_dim), at - start, stop - start, d);
    }
  }
}

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

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace tenon::kernels::highway
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tenon::kernels::highway {

HWY_EXPORT(attention_scratch_floats);
HWY_EXPORT(attend);
HWY_EXPORT(attend_chunks);
HWY_EXPORT(combine_chunks);

std::size_t attention_scratch_floats(int heads, int head_dim) {
  return HWY_DYNAMIC_DISPATCH(attention_scratch_floats)(heads, head_dim);
}

void attend(const AttentionJob& job, std::int64_t kv_head, float* scratch) {
  HWY_DYNAMIC_DISPATCH(attend)(job, kv_head, scratch);
}

void attend_chunks(const AttentionJob& job, std::int64_t kv_head, std::int64_t chunk_begin,
                   std::int64_t chunk_end, float* partials, std::int64_t chunk_stride,
                   float* scratch) {
  HWY_DYNAMIC_DISPATCH(attend_chunks)
  (job, kv_head, chunk_begin, chunk_end, partials, chunk_stride, scratch);
}

void combine_chunks(const AttentionQuery& row, std::int64_t head, const float* partials) {
  HWY_DYNAMIC_DISPATCH(combine_chunks)(row, head, partials);
}

}  // namespace tenon::kernels::highway
#endif  // HWY_ONCE
