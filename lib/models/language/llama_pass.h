#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "attention/rope.h"
#include "base/team.h"
#include "models/language/batch_plan.h"
#include "models/language/llama.h"
#include "models/language/llama_weights.h"
#include "models/language/pass_profile.h"

namespace tenon::models {

/// What stays the same from pass to pass.
struct LlamaParts {
  const LlamaConfig& config;
  const LlamaWeights& weights;
  const attention::RotaryEmbedding& rope;
  const kernels::Kernels& kernels;
};

/// Buffers of a pass, kept for the next. Rows begin at cache lines and workers write whole ones.
struct LlamaWorkspace {
  /// Room for `rows` rows and `workers` workers.
  void reserve(const LlamaParts& parts, std::int64_t rows, int workers);

  AlignedBuffer<float> residual;         // [rows, model_dim]
  AlignedBuffer<float> narrowed;         // [rows, model_dim]: the residual of the wanted rows alone
  AlignedBuffer<float> query;            // [rows, heads * head_dim]
  AlignedBuffer<float> key;              // [rows, kv_heads * head_dim]
  AlignedBuffer<float> value;            // [rows, kv_heads * head_dim]
  AlignedBuffer<float> attended;         // [rows, heads * head_dim]
  AlignedBuffer<float> projected;        // [rows, model_dim]
  AlignedBuffer<float> hidden;           // [rows, ffn_dim]
  AlignedBuffer<float> up;               // [rows, ffn_dim]
  AlignedBuffer<float> angles;           // [rows, rope dimensions]: cosines, then sines
  feedforward::PreparedRows model_rows;  // rows of model_dim, as matmuls read them
  feedforward::PreparedRows query_rows;  // rows of heads * head_dim
  feedforward::PreparedRows ffn_rows;    // rows of ffn_dim
  AlignedBuffer<float> normed;           // [workers, model_dim]
  AlignedBuffer<float> scratch;          // [workers, attention's need]
  AlignedBuffer<float> partials;  // [rows, heads, chunks, partial]: attention cut by positions
  std::vector<kernels::KeyValueView> caches;  // [layers, sequences]
  std::vector<std::int32_t> all_rows;         // 0, 1, ... within the chunk
  std::vector<std::int32_t> wanted_rows;      // those whose logits or hidden state are wanted
};

/// Rows `range` of a planned batch through the whole model, in one parallel region. run() is called
/// by every worker of a team; nothing in it throws or allocates. Where the worker has a timer, every
/// step ends with a lap of its PassPart.
///
/// A step either splits rows or columns among the workers and ends in a barrier, so that the next
/// finds all of it; the exceptions, for passes of one row, are said where they are.
class LlamaPass {
 public:
  LlamaPass(const LlamaParts& parts, const BatchPlan& plan, Range range, LlamaWorkspace& workspace,
            ForwardOutput& output, int workers);

  void run(Worker& worker) const;

 private:
  /// Rows that attend, cut into items for the workers: a group of rows, which share the reading of
  /// the keys, and a kv head; or, far into a context with few rows and kv heads, a chunk of
  /// positions and a kv head.
  struct AttentionWork {
    std::span<const std::int32_t> rows;  // within the pass
    int groups = 0;
    int position_chunks = 0;  // 0: by groups
  };
  /// Rows of one call to the attention kernel, at most.
  static constexpr std::ptrdiff_t kGroupRows = 16;
  using AttentionRows = std::array<kernels::AttentionRow, kGroupRows>;

  const PlannedRow& row(std::int32_t index) const {
    return plan_.rows()[static_cast<std::size_t>(range_.begin + index)];
  }
  int row_count() const { return static_cast<int>(range_.size()); }
  int wanted_count() const { return static_cast<int>(wanted_.rows.size()); }
  AttentionWork divide(std::span<const std::int32_t> rows, int workers) const;
  bool is_balanced(std::ptrdiff_t items, int workers) const;
  template <typename Visit>
  void visit_groups(const Worker& worker, const AttentionWork& work, const Visit& visit) const;

  void embed(Worker& worker) const;
  feedforward::PreparedInput prepare_normed(Worker& worker, const float* input, int rows,
                                            const normalization::RmsNorm& norm,
                                            const feedforward::FormSet& forms) const;
  feedforward::PreparedInput prepare(Worker& worker, const float* input, std::int64_t size,
                                     int rows, const feedforward::FormSet& forms,
                                     feedforward::PreparedRows& target) const;
  void project_queries(Worker& worker, const LlamaLayer& layer) const;
  void store_keys(Worker& worker, std::int64_t layer_index) const;
  void store_key_row(const LlamaLayer& layer, std::int64_t layer_index, std::int64_t kv_head,
                     std::int32_t index) const;
  void attend(Worker& worker, std::int64_t layer_index, const AttentionWork& work) const;
  void attend_by_chunks(Worker& worker, std::int64_t layer_index, const AttentionWork& work) const;
  std::span<const kernels::AttentionRow> attention_rows(std::int64_t layer_index,
                                                        const AttentionWork& work, Range rows,
                                                        AttentionRows& buffer) const;
  void narrow_residual(Worker& worker) const;
  void add_projected(Worker& worker, const feedforward::Linear& layer,
                     const feedforward::PreparedInput& input, float* residual, PassPart part) const;
  void feed_forward(Worker& worker, const LlamaLayer& layer, float* residual, int rows) const;
  void finish(Worker& worker, const float* residual) const;

  const LlamaParts& parts_;
  const LlamaConfig& config_;
  const kernels::Kernels& kernels_;
  const BatchPlan& plan_;
  Range range_;
  LlamaWorkspace& workspace_;
  ForwardOutput& output_;
  AttentionWork all_;
  AttentionWork wanted_;
};

}  // namespace tenon::models
