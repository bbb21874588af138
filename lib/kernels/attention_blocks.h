#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/attention_job.h"

/// The order of tiled softmax attention, shared by the fast providers: which rows and heads meet which
/// block of keys, and what is combined when. The arithmetic is an Engine's.
///
/// Tiled softmax (Milakov & Gimelshein 2018; Dao et al. 2022, FlashAttention, Algorithm 1) over blocks of
/// 64 logical positions, in chunks of four blocks. Order of every sum, for one row and query head: a
/// score runs over d rising in one chain; a block's probabilities are added by a fixed tree over its 64
/// lanes; values run over positions rising in one chain per output; blocks rising within a chunk, chunks
/// rising. What is not visible is left out of the chains, not added as zero, so nothing that a row does
/// not see can reach it.
///
/// Plain data and templates of internal linkage only: also compiled for single processors.
namespace tenon::kernels {

namespace {

inline constexpr int kBlock = 64;           // kAttentionBlock
inline constexpr int kGroupPositions = 16;  // of a panel, read together
inline constexpr int kChunkBlocks = 4;      // kAttentionChunk / kAttentionBlock
inline constexpr int kMinPairs = 128;       // (row, head) pairs that attend_head() keeps states for

constexpr int padded_dim(int head_dim) {
  return (head_dim + 15) / 16 * 16;
}
constexpr std::int64_t cache_row_bytes(const AttentionCache& cache) {
  return std::int64_t{cache.head_dim} * (cache.format == CacheFormat::F32 ? 4 : 2);
}
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
  for (int d = 0; d < head_dim; ++d)
    total.values[d] = total.values[d] * old_factor + part[d] * new_factor;
  total.maximum() = maximum;
  total.sum() = total.sum() * old_factor + part_sum * new_factor;
}

void finish(const SoftmaxState& state, float* output) {
  for (int d = 0; d < state.head_dim; ++d) output[d] = state.values[d] / state.sum();
}

// -- What a row sees ------------------------------------------------------------------------------

std::int64_t visible_positions(const AttentionQuery& row) {
  return std::int64_t{row.prefix} + row.tail_size;
}

std::int32_t cell_at(const AttentionQuery& row, std::int64_t position) {
  return position < row.prefix ? static_cast<std::int32_t>(position)
                               : row.tail[position - row.prefix];
}

/// Visible positions [begin, end) of a block, counted from its first.
struct Visible {
  int begin, end;
  bool is_empty() const { return begin >= end; }
};

Visible visible_in_block(const AttentionJob& job, const AttentionQuery& row, std::int64_t block) {
  const std::int64_t first = block * kBlock;
  const std::int64_t count = visible_positions(row);
  const std::int64_t oldest = job.window > 0 && count > job.window ? count - job.window : 0;
  const std::int64_t end = count - first < kBlock ? count - first : kBlock;
  const std::int64_t begin = oldest > first ? oldest - first : 0;
  return {static_cast<int>(begin < kBlock ? begin : kBlock), static_cast<int>(end)};
}

/// Whether both rows see the same cells at positions [0, count) of the block.
bool same_cells(const AttentionQuery& a, const AttentionQuery& b, std::int64_t block, int count) {
  if (a.cache.keys != b.cache.keys) return false;
  const std::int64_t first = block * kBlock, end = first + count;
  if (a.prefix == b.prefix && a.tail == b.tail) return true;
  const std::int64_t prefix = a.prefix < b.prefix ? a.prefix : b.prefix;
  for (std::int64_t p = first > prefix ? first : prefix; p < end; ++p)
    if (cell_at(a, p) != cell_at(b, p)) return false;
  return true;
}

// -- Panels ---------------------------------------------------------------------------------------

/// The keys and values of one block of one kv head. Keys are float32 and transposed in groups of 16
/// positions, [head_dim][16], so that scores need no horizontal sums. Values are float32 [64][head_dim]
/// where many pairs will read them, else read from the cache by the few that do; both are padded to
/// whole vectors. Every row that sees the same cells uses the same panel; where few cells differ
/// (branches of a tree), only the groups that hold them are read again.
template <typename Engine>
class BlockPanel {
 public:
  BlockPanel(float* memory, int head_dim)
      : keys_(memory),
        values_(memory + kBlock * padded_dim(head_dim)),
        padded_(padded_dim(head_dim)) {}
  static std::size_t floats(int head_dim) {
    return 2 * kBlock * static_cast<std::size_t>(padded_dim(head_dim));
  }

  const float* keys(int group) const { return keys_ + group * kGroupPositions * padded_; }
  /// Whether value() may be used; else cached_value().
  bool has_values() const { return has_values_; }
  const float* value(int position) const { return values_ + position * padded_; }
  const std::byte* cached_value(int position) const {
    return cache_.values + (kv_head_ * cache_.cells + cells_[position]) * cache_row_bytes(cache_);
  }
  const AttentionCache& cache() const { return cache_; }
  int padded() const { return padded_; }

  /// Makes the panel hold positions [0, count) of `block` as `row` sees them.
  void fill(const AttentionQuery& row, std::int64_t kv_head, std::int64_t block, int count,
            bool with_values) {
    if (row.cache.keys != cache_.keys || kv_head != kv_head_ || (with_values && !has_values_))
      for (std::int32_t& cell : cells_) cell = kNoCell;
    cache_ = row.cache;
    kv_head_ = kv_head;
    has_values_ = with_values;
    for (int first = 0; first < count; first += kGroupPositions)
      fill_group(row, block, first,
                 count < first + kGroupPositions ? count : first + kGroupPositions);
  }

 private:
  static constexpr std::int32_t kNoCell = -1;

  void fill_group(const AttentionQuery& row, std::int64_t block, int first, int end) {
    bool is_held = true;
    for (int i = first; i < end; ++i) {
      const std::int32_t cell = cell_at(row, block * kBlock + i);
      is_held = is_held && cells_[i] == cell;
      cells_[i] = cell;
    }
    if (is_held) return;
    for (int i = end; i < first + kGroupPositions; ++i) cells_[i] = kNoCell;
    Engine::read_group(cache_, kv_head_, cells_ + first, end - first, keys_ + first * padded_,
                       has_values_ ? values_ + first * padded_ : nullptr);
  }

  float* keys_;
  float* values_;
  int padded_;
  AttentionCache cache_ = {};
  std::int64_t kv_head_ = -1;
  bool has_values_ = false;
  std::int32_t cells_[kBlock];
};

// -- Pairs of a row and a query head ----------------------------------------------------------------

struct Pair {
  const float* query = nullptr;
  SoftmaxState state;
};

/// Collects pairs that see the same positions and hands them to the engine, Engine::kPairs at a time.
template <typename Engine>
class PairTile {
 public:
  PairTile(const BlockPanel<Engine>& panel, float scale) : panel_(panel), scale_(scale) {}

  void add(const Pair& pair, const Visible& visible) {
    const bool is_other = visible.begin != visible_.begin || visible.end != visible_.end;
    if (count_ == Engine::kPairs || is_other) flush();
    visible_ = visible;
    pairs_[count_++] = pair;
  }
  void flush() {
    if (count_ > 0) Engine::attend(pairs_, count_, panel_, visible_, scale_);
    count_ = 0;
  }

 private:
  const BlockPanel<Engine>& panel_;
  float scale_;
  int count_ = 0;
  Visible visible_ = {0, 0};
  Pair pairs_[Engine::kPairs];
};

/// Where the states of a job's rows and heads lie; strides in floats.
struct StateTable {
  float* first;
  std::int64_t row_stride, head_stride;
  float* at(std::int64_t row, std::int64_t head) const {
    return first + row * row_stride + head * head_stride;
  }
};

/// The rows from `begin` on that can share one panel: they see the same cells as far as each sees.
/// `longest` is the one that sees most.
struct PanelRun {
  int end, longest, count;
};
PanelRun find_run(const AttentionJob& job, std::int64_t block, int begin) {
  PanelRun run{begin + 1, begin, visible_in_block(job, job.rows[begin], block).end};
  for (; run.end < job.row_count; ++run.end) {
    const AttentionQuery& row = job.rows[run.end];
    const int end = visible_in_block(job, row, block).end;
    if (end <= 0) continue;
    if (!same_cells(job.rows[run.longest], row, block, end < run.count ? end : run.count)) break;
    if (end > run.count) run.count = end, run.longest = run.end;
  }
  return run;
}

template <typename Engine>
void attend_block(const AttentionJob& job, std::int64_t kv_head, std::int64_t block,
                  const StateTable& states, BlockPanel<Engine>& panel) {
  PairTile<Engine> tile(panel, job.scale);
  for (int begin = 0; begin < job.row_count;) {
    if (visible_in_block(job, job.rows[begin], block).is_empty()) {
      ++begin;
      continue;
    }
    const PanelRun run = find_run(job, block, begin);
    const bool is_shared =
        !Engine::kReadsCachedValues || (run.end - begin) * job.group > Engine::kPairs;
    panel.fill(job.rows[run.longest], kv_head, block, run.count, is_shared);
    for (int r = begin; r < run.end; ++r) {
      const AttentionQuery& row = job.rows[r];
      const Visible visible = visible_in_block(job, row, block);
      if (visible.is_empty()) continue;
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

template <typename Engine>
void attend_blocks(const AttentionJob& job, std::int64_t kv_head, std::int64_t chunk,
                   const StateTable& states, float* panel_memory) {
  const int head_dim = job.rows[0].cache.head_dim;
  for (int r = 0; r < job.row_count; ++r)
    for (int g = 0; g < job.group; ++g) SoftmaxState(states.at(r, g), head_dim).clear();
  BlockPanel<Engine> panel(panel_memory, head_dim);
  for (std::int64_t b = chunk * kChunkBlocks; b < (chunk + 1) * kChunkBlocks; ++b)
    attend_block(job, kv_head, b, states, panel);
}

// -- The operations of kernels.h for one kv head or row ---------------------------------------------

inline std::int64_t chunk_count(const AttentionQuery& row) {
  constexpr std::int64_t kChunk = kChunkBlocks * kBlock;
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
  return 16 + BlockPanel<Engine>::floats(head_dim) +
         2 * static_cast<std::size_t>(pairs_at_once(heads) * state_floats(head_dim));
}

// As many rows as there are states for.
template <typename Engine>
void attend_rows(const AttentionJob& job, std::int64_t kv_head, float* panel_memory,
                 float* memory) {
  const int head_dim = job.rows[0].cache.head_dim;
  const std::int64_t floats = state_floats(head_dim);
  const std::int64_t pairs = std::int64_t{job.row_count} * job.group;
  const StateTable totals{memory, job.group * floats, floats};
  const StateTable parts{memory + pairs * floats, job.group * floats, floats};
  std::int64_t chunks = 0;
  for (int r = 0; r < job.row_count; ++r) {
    const std::int64_t count = chunk_count(job.rows[r]);
    if (count > chunks) chunks = count;
    for (int g = 0; g < job.group; ++g) SoftmaxState(totals.at(r, g), head_dim).clear();
  }
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    attend_blocks<Engine>(job, kv_head, chunk, parts, panel_memory);
    for (int r = 0; r < job.row_count; ++r)
      for (int g = 0; g < job.group; ++g)
        merge<Engine>({totals.at(r, g), head_dim}, parts.at(r, g));
  }
  for (int r = 0; r < job.row_count; ++r)
    for (int g = 0; g < job.group; ++g)
      finish({totals.at(r, g), head_dim},
             job.rows[r].output + (kv_head * job.group + g) * head_dim);
}

/// attention() for one kv head.
template <typename Engine>
void attend_head(const AttentionJob& job, std::int64_t kv_head, float* scratch) {
  scratch = align_to_line(scratch);
  float* memory = scratch + BlockPanel<Engine>::floats(job.rows[0].cache.head_dim);
  const int rows_at_once = pairs_at_once(job.heads) / job.group;
  for (int begin = 0; begin < job.row_count; begin += rows_at_once) {
    AttentionJob part = job;
    part.rows += begin;
    part.row_count = job.row_count - begin < rows_at_once ? job.row_count - begin : rows_at_once;
    attend_rows<Engine>(part, kv_head, scratch, memory);
  }
}

/// attention_partial() for one kv head and chunk.
template <typename Engine>
void attend_chunk(const AttentionJob& job, std::int64_t kv_head, std::int64_t chunk,
                  float* partials, std::int64_t chunk_stride, float* scratch) {
  const std::int64_t floats = state_floats(job.rows[0].cache.head_dim);
  const std::int64_t head_stride = chunk_stride * floats;
  float* first = partials + kv_head * job.group * head_stride + chunk * floats;
  attend_blocks<Engine>(job, kv_head, chunk, {first, job.heads * head_stride, head_stride},
                        align_to_line(scratch));
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
