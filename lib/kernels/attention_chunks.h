#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/attention_groups.h"
#include "kernels/attention_job.h"

/// The order of tiled softmax attention, shared by the fast providers: which rows and heads meet which
/// keys, and what is combined when. The arithmetic is an Engine's.
///
/// Tiled softmax (Milakov & Gimelshein 2018; Dao et al. 2022, FlashAttention, Algorithm 1) over chunks of
/// 256 logical positions. Order of every sum, for one row and query head: a score runs over d rising in
/// one chain (Q8_0: a chain over the blocks of 32, exact within); a chunk's probabilities are added in
/// lanes that follow from their place in the chunk, positions rising, and the lanes by a fixed tree;
/// values run over positions rising in one chain per output; chunks rising. What is not visible is left
/// out of the chains, not added as zero, so nothing that a row does not see can reach it.
///
/// Keys and values are read where they lie, in groups of 16 cells (cache_layout.h), converted on the way
/// into registers and shared by the pairs of a tile. Only where positions are not in cells of their own
/// number (branches of a tree) groups are put together first.
///
/// An Engine has
///   kPairs                               (row, query head) pairs that share a reading
///   exponential(x), kScoreUnit           exp(x / kScoreUnit): scores and maxima are in these units
///   prepare_query(format, query, head_dim, prepared)   at most prepared_floats() floats
///   score(keys, pairs, first, end, tile, scale)        scores of pairs for `keys.count` groups
///   soften(scores, begin, end, state)                  scores [begin, end) to probabilities
///   blend(a, x, b, y, size)                            a := a x + b y
///   add_values(values, first, end, tile, begin, end)   probabilities x values
/// Plain data and templates of internal linkage only: also compiled for single processors.
namespace tenon::kernels {

namespace {

inline constexpr int kMinPairs = 256;  // that attend_head() keeps states for

/// Kernels::attention_partial_floats.
constexpr std::int64_t state_floats(int head_dim) {
  return (head_dim + 2 + 15) / 16 * 16;
}

/// Running softmax of one row and head, in memory: values[head_dim], and behind them or elsewhere the
/// maximum and the sum.
struct SoftmaxState {
  float* values = nullptr;
  int head_dim = 0;
  float* scalars = nullptr;
  SoftmaxState() = default;
  SoftmaxState(float* memory, int dim) : SoftmaxState(memory, dim, memory + dim) {}
  SoftmaxState(float* memory, int dim, float* maximum_and_sum)
      : values(memory), head_dim(dim), scalars(maximum_and_sum) {}
  float& maximum() const { return scalars[0]; }
  float& sum() const { return scalars[1]; }
  void clear() const {
    for (int d = 0; d < head_dim; ++d) values[d] = 0.0f;
    maximum() = -__builtin_inff();
    sum() = 0.0f;
  }
};

/// total := total and part, which comes after it.
template <typename Engine>
void merge(const SoftmaxState& total, const float* part) {
  const int head_dim = total.head_dim;
  const float part_maximum = part[head_dim], part_sum = part[head_dim + 1];
  if (part_sum == 0.0f) return;  // a chunk left of the window, or right of the row
  const float maximum = total.maximum() > part_maximum ? total.maximum() : part_maximum;
  const float old_factor = Engine::exponential(total.maximum() - maximum);
  const float new_factor = Engine::exponential(part_maximum - maximum);
  Engine::blend(total.values, old_factor, part, new_factor, head_dim);
  total.maximum() = maximum;
  total.sum() = total.sum() * old_factor + part_sum * new_factor;
}

void finish(const SoftmaxState& state, float* output) {
  for (int d = 0; d < state.head_dim; ++d) output[d] = state.values[d] / state.sum();
}

// -- Tiles of pairs ------------------------------------------------------------------------------------

/// What one worker needs beside the states; floats, each part at a cache line.
template <typename Engine>
struct Workspace {
  float* scores;    // [kPairs][kChunk]
  float* gathered;  // GatheredGroups
  float* engine;    // Engine::scratch_floats()
  float* queries;   // [pairs of the job][Engine::prepared_floats()]
  float* parts;     // [kPairs][state_floats()]

  static constexpr std::size_t fixed_floats(int head_dim) {
    return static_cast<std::size_t>(Engine::kPairs) *
               (kChunk + static_cast<std::size_t>(state_floats(head_dim))) +
           GatheredGroups::floats(head_dim) + Engine::scratch_floats(head_dim);
  }
  Workspace(float* memory, int head_dim)
      : scores(memory),
        gathered(scores + Engine::kPairs * kChunk),
        engine(gathered + GatheredGroups::floats(head_dim)),
        queries(engine + Engine::scratch_floats(head_dim) +
                Engine::kPairs * state_floats(head_dim)),
        parts(engine + Engine::scratch_floats(head_dim)) {}
};

/// Pairs of neighbouring rows of one cache: pair p of the tile is query head p of the job's pairs.
template <typename Engine>
struct Tile {
  int count = 0;
  const AttentionQuery* rows[Engine::kPairs];
  const float* queries[Engine::kPairs];  // prepared
  SoftmaxState states[Engine::kPairs];
  Visible visible[Engine::kPairs];
  float* scores;  // [count][kChunk]
  float* scratch;

  /// The pairs from `first` on that belong to its row.
  int end_of_row(int first) const {
    int end = first + 1;
    while (end < count && rows[end] == rows[first]) ++end;
    return end;
  }
};

/// One chunk for one tile.
template <typename Engine>
class ChunkPass {
 public:
  ChunkPass(const AttentionJob& job, std::int64_t kv_head, std::int64_t chunk, Tile<Engine>& tile,
            GatheredGroups& gathered)
      : job_(job),
        kv_head_(kv_head),
        chunk_(chunk),
        tile_(tile),
        gathered_(gathered),
        scale_(job.scale * Engine::kScoreUnit) {}

  void run() {
    int longest = 0;
    shared_ = kChunkGroups;
    for (int p = 0; p < tile_.count; ++p) {
      longest = tile_.visible[p].groups() > longest ? tile_.visible[p].groups() : longest;
      const int straight = straight_groups(*tile_.rows[p], chunk_);
      shared_ = straight < shared_ ? straight : shared_;
    }
    shared_ = longest < shared_ ? longest : shared_;
    score();
    for (int p = 0; p < tile_.count; ++p)
      Engine::soften(tile_.scores + p * kChunk, tile_.visible[p].begin, tile_.visible[p].end,
                     tile_.states[p]);
    add_values();
  }

 private:
  void score() {
    const AttentionCache& cache = tile_.rows[0]->cache;
    int first = kChunkGroups;
    for (int p = 0; p < tile_.count; ++p)
      if (tile_.visible[p].begin / kCellGroup < first) first = tile_.visible[p].begin / kCellGroup;
    if (first < shared_)
      Engine::score(groups_in_cache(cache, cache.keys, kv_head_, chunk_, first, shared_ - first),
                    tile_, 0, tile_.count, scale_);
    for (int p = 0, end; p < tile_.count; p = end) {
      end = tile_.end_of_row(p);
      for (int g = shared_; g < tile_.visible[p].groups(); ++g)
        Engine::score(group_of_row(*tile_.rows[p], g, true), tile_, p, end, scale_);
    }
  }

  // Values in the order of positions: what comes before the pairs' common part, that, what comes after.
  void add_values() {
    const AttentionCache& cache = tile_.rows[0]->cache;
    Visible common = {0, shared_ * kCellGroup};
    for (int p = 0; p < tile_.count; ++p) {
      const Visible& visible = tile_.visible[p];
      if (visible.begin > common.begin) common.begin = visible.begin;
      if (visible.end < common.end) common.end = visible.end;
    }
    if (common.is_empty()) common = {kChunk, kChunk};
    add_row_values(0, common.begin);
    if (common.begin < kChunk) {
      const int place = common.begin / kCellGroup;
      Engine::add_values(
          groups_in_cache(cache, cache.values, kv_head_, chunk_, place, common.groups() - place),
          tile_, 0, tile_.count, common.begin, common.end);
    }
    add_row_values(common.end, kChunk);
  }
  void add_row_values(int begin, int end) {
    for (int p = 0, next; p < tile_.count; p = next) {
      next = tile_.end_of_row(p);
      const Visible& visible = tile_.visible[p];
      const int last = visible.end < end ? visible.end : end;
      for (int at = visible.begin > begin ? visible.begin : begin, stop; at < last; at = stop) {
        const int place = at / kCellGroup;
        stop = (place + 1) * kCellGroup < last ? (place + 1) * kCellGroup : last;
        Engine::add_values(group_of_row(*tile_.rows[p], place, false), tile_, p, next, at, stop);
      }
    }
  }

  Groups group_of_row(const AttentionQuery& row, int place, bool is_key) {
    if (place < straight_groups(row, chunk_))
      return groups_in_cache(row.cache, is_key ? row.cache.keys : row.cache.values, kv_head_,
                             chunk_, place, 1);
    return is_key ? gathered_.keys(row, kv_head_, chunk_, place)
                  : gathered_.values(row, kv_head_, chunk_, place);
  }

  const AttentionJob& job_;
  std::int64_t kv_head_, chunk_;
  Tile<Engine>& tile_;
  GatheredGroups& gathered_;
  float scale_;
  int shared_ = 0;  // groups that all pairs read where they lie
};

template <typename Engine>
void prepare_queries(const AttentionJob& job, std::int64_t kv_head, float* prepared) {
  for (int r = 0; r < job.row_count; ++r) {
    const AttentionQuery& row = job.rows[r];
    const int head_dim = row.cache.head_dim;
    for (int g = 0; g < job.group; ++g, prepared += Engine::prepared_floats(head_dim))
      Engine::prepare_query(row.cache.format, row.query + (kv_head * job.group + g) * head_dim,
                            head_dim, prepared);
  }
}

/// One chunk for all pairs of a job, whose queries are prepared. `state_of(pair, place)` is where the
/// result of a pair goes, whose place in its tile that is; `take(pair, state)` is called when it is there.
template <typename Engine, typename StateOf, typename Take>
void attend_pairs(const AttentionJob& job, std::int64_t kv_head, std::int64_t chunk,
                  const Workspace<Engine>& workspace, GatheredGroups& gathered,
                  const StateOf& state_of, const Take& take) {
  const int pairs = job.row_count * job.group;
  Tile<Engine> tile;
  tile.scores = workspace.scores;
  tile.scratch = workspace.engine;
  int numbers[Engine::kPairs];
  const auto flush = [&] {
    if (tile.count > 0) ChunkPass<Engine>(job, kv_head, chunk, tile, gathered).run();
    for (int p = 0; p < tile.count; ++p) take(numbers[p], tile.states[p].values);
    tile.count = 0;
  };
  for (int pair = 0; pair < pairs; ++pair) {
    const AttentionQuery& row = job.rows[pair / job.group];
    if (tile.count == Engine::kPairs ||
        (tile.count > 0 && row.cache.keys != tile.rows[0]->cache.keys))
      flush();
    const int place = tile.count;
    const SoftmaxState state(state_of(pair, place), row.cache.head_dim);
    state.clear();
    const Visible visible = visible_in_chunk(job, row, chunk);
    if (visible.is_empty()) continue;
    tile.rows[place] = &row;
    tile.queries[place] = workspace.queries + pair * Engine::prepared_floats(row.cache.head_dim);
    tile.states[place] = state;
    tile.visible[place] = visible;
    numbers[place] = pair;
    ++tile.count;
  }
  flush();
}

// -- The operations of kernels.h for one kv head or row ---------------------------------------------

inline std::int64_t chunk_count(const AttentionQuery& row) {
  return (visible_positions(row) + kChunk - 1) / kChunk;
}

inline float* align_to_line(float* memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  return reinterpret_cast<float*>((address + 63) & ~std::uintptr_t{63});
}

inline int pairs_at_once(int heads) {
  return heads > kMinPairs ? heads : kMinPairs;
}

template <typename Engine>
std::size_t scratch_floats(int heads, int head_dim) {
  return 16 + Workspace<Engine>::fixed_floats(head_dim) +
         static_cast<std::size_t>(pairs_at_once(heads) *
                                  (Engine::prepared_floats(head_dim) + state_floats(head_dim)));
}

// As many rows as there are states for.
template <typename Engine>
void attend_rows(const AttentionJob& job, std::int64_t kv_head,
                 const Workspace<Engine>& workspace) {
  const int head_dim = job.rows[0].cache.head_dim;
  const int pairs = job.row_count * job.group;
  float* totals = workspace.queries + pairs * Engine::prepared_floats(head_dim);
  prepare_queries<Engine>(job, kv_head, workspace.queries);
  std::int64_t chunks = 0;
  for (int r = 0; r < job.row_count; ++r)
    if (chunk_count(job.rows[r]) > chunks) chunks = chunk_count(job.rows[r]);
  const auto total = [&](int pair) {
    return SoftmaxState(totals + pair * state_floats(head_dim), head_dim);
  };
  for (int pair = 0; pair < pairs; ++pair) total(pair).clear();
  GatheredGroups gathered(workspace.gathered, head_dim);
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk)
    attend_pairs<Engine>(
        job, kv_head, chunk, workspace, gathered,
        [&](int, int place) { return workspace.parts + place * state_floats(head_dim); },
        [&](int pair, const float* part) { merge<Engine>(total(pair), part); });
  for (int r = 0; r < job.row_count; ++r)
    for (int g = 0; g < job.group; ++g)
      finish(total(r * job.group + g), job.rows[r].output + (kv_head * job.group + g) * head_dim);
}

/// attention() for one kv head.
template <typename Engine>
void attend_head(const AttentionJob& job, std::int64_t kv_head, float* scratch) {
  const Workspace<Engine> workspace(align_to_line(scratch), job.rows[0].cache.head_dim);
  const int rows_at_once = pairs_at_once(job.heads) / job.group;
  for (int begin = 0; begin < job.row_count; begin += rows_at_once) {
    AttentionJob part = job;
    part.rows += begin;
    part.row_count = job.row_count - begin < rows_at_once ? job.row_count - begin : rows_at_once;
    attend_rows<Engine>(part, kv_head, workspace);
  }
}

/// attention_partial() for one kv head and chunks [begin, end).
template <typename Engine>
void attend_chunks(const AttentionJob& job, std::int64_t kv_head, std::int64_t chunk_begin,
                   std::int64_t chunk_end, float* partials, std::int64_t chunk_stride,
                   float* scratch) {
  const int head_dim = job.rows[0].cache.head_dim;
  const Workspace<Engine> workspace(align_to_line(scratch), head_dim);
  const std::int64_t head_stride = chunk_stride * state_floats(head_dim);
  const int rows_at_once = pairs_at_once(job.heads) / job.group;
  for (int begin = 0; begin < job.row_count; begin += rows_at_once) {
    AttentionJob part = job;
    part.rows += begin;
    part.row_count = job.row_count - begin < rows_at_once ? job.row_count - begin : rows_at_once;
    prepare_queries<Engine>(part, kv_head, workspace.queries);
    GatheredGroups gathered(workspace.gathered, head_dim);
    for (std::int64_t chunk = chunk_begin; chunk < chunk_end; ++chunk) {
      float* first = partials + (begin * job.heads + kv_head * job.group) * head_stride +
                     chunk * state_floats(head_dim);
      attend_pairs<Engine>(
          part, kv_head, chunk, workspace, gathered,
          [&](int pair, int) {
            return first + (pair / job.group * job.heads + pair % job.group) * head_stride;
          },
          [](int, const float*) {});
    }
  }
}

/// attention_combine() for one row and query head, whose partial results begin at `partials`.
template <typename Engine>
void combine_chunks(const AttentionQuery& row, std::int64_t head, const float* partials) {
  const int head_dim = row.cache.head_dim;
  float scalars[2];
  const SoftmaxState total{row.output + head * head_dim, head_dim, scalars};
  total.clear();
  for (std::int64_t c = 0; c < chunk_count(row); ++c)
    merge<Engine>(total, partials + c * state_floats(head_dim));
  finish(total, total.values);
}

}  // namespace
}  // namespace tenon::kernels
