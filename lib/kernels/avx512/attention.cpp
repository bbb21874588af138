#include <immintrin.h>

#include "kernels/avx512/attention_panel.h"
#include "kernels/avx512/exponential.h"

// Tiled softmax attention (Milakov & Gimelshein 2018; Dao et al. 2022, FlashAttention, Algorithm 1) over
// blocks of 64 logical positions, in chunks of four blocks.
//
// Order of every sum, for one row and query head: a score runs over d rising in one chain; a block's
// probabilities are added by a fixed tree over its 64 lanes; values run over positions rising in one
// chain per output; blocks rising within a chunk, chunks rising. What is not visible is left out of the
// chains, not added as zero, so nothing that a row does not see can reach it.
//
// Cost a block of 64 positions, 64 dimensions and one head: 512 multiply-adds, four exponentials and a
// maximum: 320 cycles at two multiply-adds a cycle. A panel is read and transposed once for all rows
// and heads that share it.
namespace tenon::kernels::avx512 {

namespace {

constexpr int kTile = 6;        // (row, head) pairs at once: 24 accumulators
constexpr int kMinPairs = 128;  // pairs that attend() keeps states for

/// Running softmax of one row and head, in memory: values[head_dim], and elsewhere or behind them the
/// maximum and the sum.
struct SoftmaxState {
  float* values;
  int head_dim;
  float* scalars;
  SoftmaxState(float* memory, int dim) : SoftmaxState(memory, dim, memory + dim) {}
  SoftmaxState(float* memory, int dim, float* maximum_and_sum)
      : values(memory), head_dim(dim), scalars(maximum_and_sum) {}
  float& maximum() const { return scalars[0]; }
  float& sum() const { return scalars[1]; }
};

std::int64_t state_floats(int head_dim) {
  return (head_dim + 2 + 15) / 16 * 16;
}

void clear(const SoftmaxState& state) {
  for (int d = 0; d < state.head_dim; d += 16)
    _mm512_mask_storeu_ps(state.values + d, first_lanes(state.head_dim - d), _mm512_setzero_ps());
  state.maximum() = -__builtin_inff();
  state.sum() = 0.0f;
}

float exponential_of(float x) {
  return _mm512_cvtss_f32(exponential(_mm512_set1_ps(x)));
}

/// total := total and part, which comes after it.
void merge(const SoftmaxState& total, const float* part) {
  const int head_dim = total.head_dim;
  const float part_maximum = part[head_dim], part_sum = part[head_dim + 1];
  if (part_sum == 0.0f) return;  // a chunk left of the window
  const float maximum = total.maximum() > part_maximum ? total.maximum() : part_maximum;
  const float old_factor = exponential_of(total.maximum() - maximum);
  const float new_factor = exponential_of(part_maximum - maximum);
  for (int d = 0; d < head_dim; d += 16) {
    const __mmask16 lanes = first_lanes(head_dim - d);
    const __m512 old_values =
        _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, total.values + d), _mm512_set1_ps(old_factor));
    _mm512_mask_storeu_ps(total.values + d, lanes,
                          _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes, part + d),
                                          _mm512_set1_ps(new_factor), old_values));
  }
  total.maximum() = maximum;
  total.sum() = total.sum() * old_factor + part_sum * new_factor;
}

void finish(const SoftmaxState& state, float* output) {
  const __m512 sum = _mm512_set1_ps(state.sum());
  for (int d = 0; d < state.head_dim; d += 16) {
    const __mmask16 lanes = first_lanes(state.head_dim - d);
    _mm512_mask_storeu_ps(output + d, lanes,
                          _mm512_div_ps(_mm512_maskz_loadu_ps(lanes, state.values + d), sum));
  }
}

// -- What a row sees ------------------------------------------------------------------------------

std::int64_t positions(const AttentionQuery& row) {
  return std::int64_t{row.prefix} + row.tail_size;
}

/// Visible positions [begin, end) of a block, counted from its first.
struct Visible {
  int begin, end;
  bool operator==(const Visible&) const = default;
};

Visible visible_in_block(const AttentionJob& job, const AttentionQuery& row, std::int64_t block) {
  const std::int64_t first = block * kBlock;
  const std::int64_t count = positions(row);
  const std::int64_t oldest = job.window > 0 && count > job.window ? count - job.window : 0;
  const std::int64_t end = count - first < kBlock ? count - first : kBlock;
  const std::int64_t begin = oldest > first ? oldest - first : 0;
  return {static_cast<int>(begin < kBlock ? begin : kBlock), static_cast<int>(end)};
}

bool is_empty(const Visible& visible) {
  return visible.begin >= visible.end;
}

void list_cells(const AttentionQuery& row, std::int64_t block, int count, std::int32_t* cells) {
  const auto first = static_cast<std::int32_t>(block * kBlock);
  for (int i = 0; i < count; ++i) {
    const std::int32_t position = first + i;
    cells[i] = position < row.prefix ? position : row.tail[position - row.prefix];
  }
}

/// Whether both rows see the same cells at positions [0, count) of the block.
bool same_cells(const AttentionQuery& a, const AttentionQuery& b, std::int64_t block, int count) {
  if (a.cache.keys != b.cache.keys) return false;
  const std::int64_t first = block * kBlock, end = first + count;
  if (end <= a.prefix && end <= b.prefix) return true;
  if (a.prefix != b.prefix) return false;
  if (a.tail == b.tail) return true;
  for (std::int64_t p = first > a.prefix ? first : a.prefix; p < end; ++p)
    if (a.tail[p - a.prefix] != b.tail[p - a.prefix]) return false;
  return true;
}

// -- One tile of pairs with one block ---------------------------------------------------------------

struct Pair {
  const float* query = nullptr;
  SoftmaxState state = {nullptr, 0, nullptr};
};

/// Scores, then probabilities, of a tile's pairs: [kTile][kBlock].
struct TileScores {
  alignas(64) float values[kTile][kBlock];
  alignas(64) float factors[16];  // by which each pair's old values shrink
};

template <int kPairs, int kVectors>
void compute_scores(const Pair* pairs, const BlockPanel& panel, int head_dim, float scale,
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
  float block_sums[kTile];
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

/// values[first .. first + 16 kVectors) of every pair: shrunk, then plus probabilities x panel values.
template <int kPairs, int kVectors>
void add_values(const Pair* pairs, const BlockPanel& panel, const Visible& visible, int first,
                const TileScores& scores) {
  __m512 sums[kPairs][kVectors];
  unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
    const SoftmaxState& state = pairs[p].state;
    unroll<kVectors>([&]<int v>() [[gnu::always_inline]] {
      const int d = first + 16 * v;
      sums[p][v] =
          _mm512_mul_ps(_mm512_maskz_loadu_ps(first_lanes(state.head_dim - d), state.values + d),
                        _mm512_set1_ps(scores.factors[p]));
    });
  });
  for (int j = visible.begin; j < visible.end; ++j) {
    const float* value = panel.value(j) + first;
    __m512 values[kVectors];
    unroll<kVectors>([&]<int v>()
                         [[gnu::always_inline]] { values[v] = _mm512_load_ps(value + 16 * v); });
    unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
      const __m512 probability = _mm512_set1_ps(scores.values[p][j]);
      unroll<kVectors>([&]<int v>() [[gnu::always_inline]] {
        sums[p][v] = _mm512_fmadd_ps(probability, values[v], sums[p][v]);
      });
    });
  }
  unroll<kPairs>([&]<int p>() [[gnu::always_inline]] {
    const SoftmaxState& state = pairs[p].state;
    unroll<kVectors>([&]<int v>() [[gnu::always_inline]] {
      const int d = first + 16 * v;
      _mm512_mask_storeu_ps(state.values + d, first_lanes(state.head_dim - d), sums[p][v]);
    });
  });
}

template <int kPairs>
void attend_tile(const Pair* pairs, const BlockPanel& panel, const Visible& visible, float scale,
                 TileScores& scores) {
  const int head_dim = pairs[0].state.head_dim;
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
  int first = 0;
  for (; first + 64 <= panel.padded(); first += 64)
    add_values<kPairs, 4>(pairs, panel, visible, first, scores);
  switch ((panel.padded() - first) / 16) {
    case 1:
      add_values<kPairs, 1>(pairs, panel, visible, first, scores);
      break;
    case 2:
      add_values<kPairs, 2>(pairs, panel, visible, first, scores);
      break;
    case 3:
      add_values<kPairs, 3>(pairs, panel, visible, first, scores);
      break;
    default:
      break;
  }
}

/// Collects pairs that see the same positions and works them off kTile at a time.
class PairTile {
 public:
  PairTile(const BlockPanel& panel, float scale) : panel_(panel), scale_(scale) {}

  void add(const Pair& pair, const Visible& visible) {
    if (count_ == kTile || (count_ > 0 && !(visible == visible_))) flush();
    visible_ = visible;
    pairs_[count_++] = pair;
  }
  void flush() {
    static constexpr decltype(&attend_tile<1>) kFunctions[kTile] = {attend_tile<1>, attend_tile<2>,
                                                                    attend_tile<3>, attend_tile<4>,
                                                                    attend_tile<5>, attend_tile<6>};
    if (count_ > 0) kFunctions[count_ - 1](pairs_, panel_, visible_, scale_, scores_);
    count_ = 0;
  }

 private:
  const BlockPanel& panel_;
  float scale_;
  int count_ = 0;
  Visible visible_ = {};
  Pair pairs_[kTile];
  TileScores scores_;
};

/// Where the states of a job's rows and heads lie.
struct StateTable {
  float* first;
  std::int64_t row_stride, head_stride;  // in floats
  float* at(std::int64_t row, std::int64_t head) const {
    return first + row * row_stride + head * head_stride;
  }
};

/// The rows from `begin` on that can share one panel: they see the same cells as far as each sees. `longest`
/// is the one that sees most.
struct PanelRun {
  int end, longest;
};
PanelRun find_run(const AttentionJob& job, std::int64_t block, int begin) {
  PanelRun run{begin + 1, begin};
  int longest = visible_in_block(job, job.rows[begin], block).end;
  for (; run.end < job.row_count; ++run.end) {
    const AttentionQuery& row = job.rows[run.end];
    const int end = visible_in_block(job, row, block).end;
    if (end <= 0) continue;
    if (!same_cells(job.rows[run.longest], row, block, end < longest ? end : longest)) break;
    if (end > longest) longest = end, run.longest = run.end;
  }
  return run;
}

void attend_block(const AttentionJob& job, std::int64_t kv_head, std::int64_t block,
                  const StateTable& states, BlockPanel& panel) {
  PairTile tile(panel, job.scale);
  std::int32_t cells[kBlock];
  for (int begin = 0; begin < job.row_count;) {
    if (is_empty(visible_in_block(job, job.rows[begin], block))) {
      ++begin;
      continue;
    }
    const PanelRun run = find_run(job, block, begin);
    const AttentionQuery& longest = job.rows[run.longest];
    const int count = visible_in_block(job, longest, block).end;
    list_cells(longest, block, count, cells);
    panel.fill(longest.cache, kv_head, cells, count);
    for (int r = begin; r < run.end; ++r) {
      const AttentionQuery& row = job.rows[r];
      const Visible visible = visible_in_block(job, row, block);
      if (is_empty(visible)) continue;
      for (int g = 0; g < job.group; ++g) {
        const std::int64_t head = kv_head * job.group + g;
        tile.add({row.query + head * row.cache.head_dim, {states.at(r, g), row.cache.head_dim}},
                 visible);
      }
    }
    tile.flush();
    begin = run.end;
  }
}

void attend_blocks(const AttentionJob& job, std::int64_t kv_head, std::int64_t chunk,
                   const StateTable& states, float* scratch) {
  const int head_dim = job.rows[0].cache.head_dim;
  for (int r = 0; r < job.row_count; ++r)
    for (int g = 0; g < job.group; ++g) clear({states.at(r, g), head_dim});
  BlockPanel panel(scratch, head_dim);
  for (std::int64_t b = chunk * kChunkBlocks; b < (chunk + 1) * kChunkBlocks; ++b)
    attend_block(job, kv_head, b, states, panel);
}

std::int64_t chunk_count(const AttentionQuery& row) {
  constexpr std::int64_t kChunk = kChunkBlocks * kBlock;
  return (positions(row) + kChunk - 1) / kChunk;
}

float* align(float* memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  return reinterpret_cast<float*>((address + 63) & ~std::uintptr_t{63});
}

int pairs_at_once(int heads) {
  return heads > kMinPairs ? heads : kMinPairs;
}

// attend() for as many rows as there are states.
void attend_rows(const AttentionJob& job, std::int64_t kv_head, float* scratch, float* memory) {
  const int head_dim = job.rows[0].cache.head_dim;
  const std::int64_t floats = state_floats(head_dim);
  const std::int64_t pairs = std::int64_t{job.row_count} * job.group;
  const StateTable totals{memory, job.group * floats, floats};
  const StateTable parts{memory + pairs * floats, job.group * floats, floats};
  std::int64_t chunks = 0;
  for (int r = 0; r < job.row_count; ++r) {
    const std::int64_t count = chunk_count(job.rows[r]);
    if (count > chunks) chunks = count;
    for (int g = 0; g < job.group; ++g) clear({totals.at(r, g), head_dim});
  }
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    attend_blocks(job, kv_head, chunk, parts, scratch);
    for (int r = 0; r < job.row_count; ++r)
      for (int g = 0; g < job.group; ++g) merge({totals.at(r, g), head_dim}, parts.at(r, g));
  }
  for (int r = 0; r < job.row_count; ++r)
    for (int g = 0; g < job.group; ++g)
      finish({totals.at(r, g), head_dim},
             job.rows[r].output + (kv_head * job.group + g) * head_dim);
}

}  // namespace

std::size_t attention_scratch_floats(int heads, int head_dim) {
  return 16 + BlockPanel::floats(head_dim) +
         2 * static_cast<std::size_t>(pairs_at_once(heads) * state_floats(head_dim));
}

void attend(const AttentionJob& job, std::int64_t kv_head, float* scratch) {
  scratch = align(scratch);
  float* memory = scratch + BlockPanel::floats(job.rows[0].cache.head_dim);
  const int rows_at_once = pairs_at_once(job.heads) / job.group;
  for (int begin = 0; begin < job.row_count; begin += rows_at_once) {
    AttentionJob part = job;
    part.rows += begin;
    part.row_count = job.row_count - begin < rows_at_once ? job.row_count - begin : rows_at_once;
    attend_rows(part, kv_head, scratch, memory);
  }
}

void attend_chunk(const AttentionJob& job, std::int64_t kv_head, std::int64_t chunk,
                  float* partials, std::int64_t chunk_stride, float* scratch) {
  const std::int64_t floats = state_floats(job.rows[0].cache.head_dim);
  const std::int64_t head_stride = chunk_stride * floats;
  float* first = partials + kv_head * job.group * head_stride + chunk * floats;
  attend_blocks(job, kv_head, chunk, {first, job.heads * head_stride, head_stride}, align(scratch));
}

void combine_chunks(const AttentionQuery& row, std::int64_t head, const float* partials) {
  const int head_dim = row.cache.head_dim;
  const std::int64_t floats = state_floats(head_dim);
  float scalars[2];
  const SoftmaxState total{row.output + head * head_dim, head_dim, scalars};
  clear(total);
  for (std::int64_t c = 0; c < chunk_count(row); ++c) merge(total, partials + c * floats);
  finish(total, total.values);
}

}  // namespace tenon::kernels::avx512
