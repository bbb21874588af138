#include "models/language/llama_pass.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace tenon::models {

using feedforward::FormSet;
using feedforward::LinearOutput;
using feedforward::PreparedInput;
using kernels::AttentionRow;

namespace {

/// Rows whose gates are multiplied before the next ones are computed: what was written is still in the second-level
/// cache then, and weights read again for the next rows cost little beside their products.
constexpr int kGateRows = 64;

constexpr std::ptrdiff_t kLine = 16;  // floats in a cache line; rows begin at one

std::ptrdiff_t padded(std::int64_t size) {
  return (size + kLine - 1) / kLine * kLine;
}

std::int64_t query_dim(const LlamaConfig& config) {
  return std::int64_t{config.heads} * config.head_dim;
}
std::int64_t key_value_dim(const LlamaConfig& config) {
  return std::int64_t{config.kv_heads} * config.head_dim;
}

kernels::AttentionOptions attention_options(const LlamaConfig& config) {
  return {.heads = config.heads,
          .scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(config.head_dim))),
          .window = config.sliding_window};
}

std::ptrdiff_t scratch_stride(const LlamaParts& parts) {
  return padded(static_cast<std::int64_t>(parts.kernels.attention_scratch_floats(
      attention_options(parts.config), parts.config.head_dim)));
}

void lap(Worker& worker, PassPart part) {
  worker.lap(static_cast<int>(part));
}

}  // namespace

void LlamaWorkspace::reserve(const LlamaParts& parts, std::int64_t rows, int workers) {
  const LlamaConfig& config = parts.config;
  const auto reserve_rows = [](AlignedBuffer<float>& buffer, std::int64_t count,
                               std::ptrdiff_t stride) {
    buffer.reserve_discarding(static_cast<std::size_t>(count * stride));
  };
  for (AlignedBuffer<float>* buffer : {&residual, &narrowed, &projected})
    reserve_rows(*buffer, rows, padded(config.model_dim));
  for (AlignedBuffer<float>* buffer : {&query, &attended})
    reserve_rows(*buffer, rows, padded(query_dim(config)));
  for (AlignedBuffer<float>* buffer : {&key, &value})
    reserve_rows(*buffer, rows, padded(key_value_dim(config)));
  reserve_rows(hidden, rows, padded(config.ffn_dim));
  reserve_rows(up, std::min<std::int64_t>(rows, kGateRows), padded(config.ffn_dim));
  reserve_rows(angles, rows, padded(parts.rope.dimensions()));
  reserve_rows(normed, workers, padded(config.model_dim));
  reserve_rows(scratch, workers, scratch_stride(parts));

  // A pass of one row prepares it once for each worker.
  const std::int64_t slots = std::max<std::int64_t>(rows, workers);
  const LlamaWeights& weights = parts.weights;
  model_rows.reserve(parts.kernels, weights.model_forms, config.model_dim, slots);
  query_rows.reserve(parts.kernels, weights.query_forms, query_dim(config), slots);
  ffn_rows.reserve(parts.kernels, weights.ffn_forms, config.ffn_dim, slots);
}

LlamaPass::LlamaPass(const LlamaParts& parts, const BatchPlan& plan, Range range,
                     LlamaWorkspace& workspace, ForwardOutput& output, int workers)
    : parts_(parts),
      config_(parts.config),
      kernels_(parts.kernels),
      plan_(plan),
      range_(range),
      workspace_(workspace),
      output_(output) {
  workspace.all_rows.resize(static_cast<std::size_t>(range.size()));
  std::iota(workspace.all_rows.begin(), workspace.all_rows.end(), 0);
  workspace.wanted_rows.clear();
  for (std::int32_t i = 0; i < row_count(); ++i)
    if (row(i).logits_index >= 0 || row(i).hidden_index >= 0) workspace.wanted_rows.push_back(i);
  all_ = divide(workspace.all_rows, workers);
  wanted_ = divide(workspace.wanted_rows, workers);
  workspace.partials.reserve_discarding(
      static_cast<std::size_t>(std::max(all_.position_chunks, wanted_.position_chunks)) *
      static_cast<std::size_t>(kGroupRows * config_.heads) *
      kernels::Kernels::attention_partial_floats(config_.head_dim));

  workspace.caches.clear();
  for (std::int64_t layer = 0; layer < config_.layers; ++layer)
    for (std::int32_t sequence = 0; sequence < plan.sequences(); ++sequence)
      workspace.caches.push_back(plan.state(sequence).cache().view(layer));
}

// Idle time under a tenth.
bool LlamaPass::is_balanced(std::ptrdiff_t items, int workers) const {
  const std::ptrdiff_t turns = (items + workers - 1) / workers * workers;
  return turns * 10 <= items * 11;
}

// As few groups as keep every worker busy: a group reads each key once for all of its rows. Where
// more would be needed than there is reason for, few rows are cut by positions instead.
LlamaPass::AttentionWork LlamaPass::divide(std::span<const std::int32_t> rows, int workers) const {
  const auto count = static_cast<std::ptrdiff_t>(rows.size());
  const std::ptrdiff_t fewest = (count + kGroupRows - 1) / kGroupRows;
  std::ptrdiff_t groups = fewest;
  while (groups < count && !is_balanced(groups * config_.kv_heads, workers)) ++groups;
  AttentionWork work{rows, static_cast<int>(groups), 0};
  if (fewest != 1 || is_balanced(config_.kv_heads, workers)) return work;
  std::int32_t last = 0;
  for (const std::int32_t index : rows) last = std::max(last, row(index).position);
  const std::ptrdiff_t chunks = kernels::attention_chunks(std::int64_t{last} + 1);
  if (chunks > 1) work.position_chunks = static_cast<int>(chunks);
  return work;
}

// Items of one group follow each other, so that later groups, which see more keys, are spread
// evenly.
template <typename Visit>
void LlamaPass::visit_groups(const Worker& worker, const AttentionWork& work,
                             const Visit& visit) const {
  for (int item = worker.index(); item < work.groups * config_.kv_heads; item += worker.count())
    visit(item % config_.kv_heads, split_range(static_cast<std::ptrdiff_t>(work.rows.size()),
                                               item / config_.kv_heads, work.groups));
}

void LlamaPass::run(Worker& worker) const {
  embed(worker);
  float* residual = workspace_.residual.data();
  int rows = row_count();
  const auto layers = static_cast<std::int64_t>(parts_.weights.layers.size());
  for (std::int64_t index = 0; index < layers; ++index) {
    const LlamaLayer& layer = parts_.weights.layers[static_cast<std::size_t>(index)];
    const bool is_last = index + 1 == layers;
    project_queries(worker, layer);
    store_keys(worker, index);
    if (is_last && rows != wanted_count()) {
      // From here on a row serves only itself: those nobody asked for end here.
      if (wanted_count() == 0) return;
      narrow_residual(worker);
      residual = workspace_.narrowed.data();
      rows = wanted_count();
    }
    attend(worker, index, is_last ? wanted_ : all_);
    add_projected(worker, layer.output,
                  prepare(worker, workspace_.attended.data(), query_dim(config_), rows,
                          layer.output_forms, workspace_.query_rows),
                  residual, PassPart::AttentionOutput);
    feed_forward(worker, layer, residual, rows);
  }
  finish(worker, residual);
}

void LlamaPass::embed(Worker& worker) const {
  const std::ptrdiff_t stride = padded(config_.model_dim);
  const std::ptrdiff_t angle_stride = padded(parts_.rope.dimensions());
  const Range share = worker.share(row_count());
  for (std::ptrdiff_t i = share.begin; i < share.end; ++i) {
    const PlannedRow& planned = row(static_cast<std::int32_t>(i));
    parts_.weights.embedding.dequantize_row(
        planned.token,
        {workspace_.residual.data() + i * stride, static_cast<std::size_t>(config_.model_dim)});
    lap(worker, PassPart::Embedding);
    parts_.rope.fill_table(planned.position, {workspace_.angles.data() + i * angle_stride,
                                              static_cast<std::size_t>(parts_.rope.dimensions())});
    lap(worker, PassPart::StoreKeys);
  }
  worker.barrier();
}

// One row: each worker normalises and prepares it for itself, which takes as long as one doing it
// for all and spares the barrier. More rows are split.
PreparedInput LlamaPass::prepare_normed(Worker& worker, const float* input, int rows,
                                        const normalization::RmsNorm& norm,
                                        const FormSet& forms) const {
  feedforward::PreparedRows& target = workspace_.model_rows;
  const std::ptrdiff_t stride = padded(config_.model_dim);
  float* normed = workspace_.normed.data() + worker.index() * stride;
  if (rows == 1) {
    norm.apply(kernels_, input, normed);
    lap(worker, PassPart::Normalisation);
    target.prepare(kernels_, forms, normed, worker.index());
    lap(worker, PassPart::Preparation);
    return {&target, worker.index(), 1};
  }
  const Range share = worker.share(rows);
  for (std::ptrdiff_t i = share.begin; i < share.end; ++i) {
    norm.apply(kernels_, input + i * stride, normed);
    lap(worker, PassPart::Normalisation);
    target.prepare(kernels_, forms, normed, i);
    lap(worker, PassPart::Preparation);
  }
  worker.barrier();
  return {&target, 0, rows};
}

// As prepare_normed, of rows of `size` numbers as they are.
PreparedInput LlamaPass::prepare(Worker& worker, const float* input, std::int64_t size, int rows,
                                 const FormSet& forms, feedforward::PreparedRows& target) const {
  if (rows == 1) {
    target.prepare(kernels_, forms, input, worker.index());
    lap(worker, PassPart::Preparation);
    return {&target, worker.index(), 1};
  }
  const Range share = worker.share(rows);
  for (std::ptrdiff_t i = share.begin; i < share.end; ++i)
    target.prepare(kernels_, forms, input + i * padded(size), i);
  lap(worker, PassPart::Preparation);
  worker.barrier();
  return {&target, 0, rows};
}

void LlamaPass::project_queries(Worker& worker, const LlamaLayer& layer) const {
  const PreparedInput input = prepare_normed(worker, workspace_.residual.data(), row_count(),
                                             layer.attention_norm, layer.attention_forms);
  const std::ptrdiff_t key_stride = padded(key_value_dim(config_));
  const std::array<LinearOutput, 3> targets = {{
      {&layer.query, workspace_.query.data(), padded(query_dim(config_))},
      {&layer.key, workspace_.key.data(), key_stride},
      {&layer.value, workspace_.value.data(), key_stride},
  }};
  feedforward::apply_shared(kernels_, input, targets, worker);
  lap(worker, PassPart::QueryKeyValue);
  worker.barrier();
}

// Turns queries and keys and puts keys and values into the caches. Where rows form one group, a kv
// head and its queries stay with the worker that attends to them, and nobody needs to wait.
void LlamaPass::store_keys(Worker& worker, std::int64_t layer_index) const {
  const LlamaLayer& layer = parts_.weights.layers[static_cast<std::size_t>(layer_index)];
  visit_groups(worker, all_, [&](int kv_head, Range rows) {
    for (std::ptrdiff_t i = rows.begin; i < rows.end; ++i)
      store_key_row(layer, layer_index, kv_head, static_cast<std::int32_t>(i));
  });
  lap(worker, PassPart::StoreKeys);
  if (all_.groups > 1 || all_.position_chunks > 0) worker.barrier();
}

void LlamaPass::store_key_row(const LlamaLayer& layer, std::int64_t layer_index,
                              std::int64_t kv_head, std::int32_t index) const {
  const std::int64_t head_dim = config_.head_dim;
  const std::int64_t group_heads = config_.heads / config_.kv_heads;
  float* query = workspace_.query.data() + index * padded(query_dim(config_)) +
                 kv_head * group_heads * head_dim;
  const std::ptrdiff_t key_offset = index * padded(key_value_dim(config_)) + kv_head * head_dim;
  float* key = workspace_.key.data() + key_offset;
  const float* value = workspace_.value.data() + key_offset;
  if (layer.query_norm.is_present()) layer.query_norm.apply_groups(kernels_, group_heads, query);
  if (layer.key_norm.is_present()) layer.key_norm.apply_groups(kernels_, 1, key);

  const std::span<const float> angles{
      workspace_.angles.data() + index * padded(parts_.rope.dimensions()),
      static_cast<std::size_t>(parts_.rope.dimensions())};
  parts_.rope.rotate(angles, group_heads, head_dim, query);
  parts_.rope.rotate(angles, 1, head_dim, key);

  const PlannedRow& planned = row(index);
  const kernels::KeyValueView& cache =
      workspace_
          .caches[static_cast<std::size_t>(layer_index * plan_.sequences() + planned.sequence)];
  kernels_.store_cache(key, value, cache, static_cast<int>(kv_head), planned.cell);
}

void LlamaPass::attend(Worker& worker, std::int64_t layer_index, const AttentionWork& work) const {
  if (work.position_chunks > 0) {
    attend_by_chunks(worker, layer_index, work);
    return;
  }
  float* scratch = workspace_.scratch.data() + worker.index() * scratch_stride(parts_);
  visit_groups(worker, work, [&](int kv_head, Range rows) {
    AttentionRows buffer;
    kernels_.attention(attention_rows(layer_index, work, rows, buffer), {kv_head, kv_head + 1},
                       attention_options(config_), scratch);
  });
  lap(worker, PassPart::Attention);
  worker.barrier();
}

void LlamaPass::attend_by_chunks(Worker& worker, std::int64_t layer_index,
                                 const AttentionWork& work) const {
  AttentionRows buffer;
  const auto rows =
      attention_rows(layer_index, work, {0, static_cast<std::ptrdiff_t>(work.rows.size())}, buffer);
  const kernels::AttentionOptions options = attention_options(config_);
  float* partials = workspace_.partials.data();
  float* scratch = workspace_.scratch.data() + worker.index() * scratch_stride(parts_);
  const int chunks = work.position_chunks;
  // One by one in turn: a window leaves the first chunks of each head empty.
  for (int item = worker.index(); item < chunks * config_.kv_heads; item += worker.count()) {
    const int kv_head = item / chunks, chunk = item % chunks;
    kernels_.attention_partial(rows, {kv_head, kv_head + 1}, {chunk, chunk + 1}, options, partials,
                               chunks, scratch);
  }
  lap(worker, PassPart::Attention);
  worker.barrier();
  const Range heads = worker.share(config_.heads);
  if (heads.size() > 0) kernels_.attention_combine(rows, heads, options, partials, chunks);
  lap(worker, PassPart::Attention);
  worker.barrier();
}

std::span<const AttentionRow> LlamaPass::attention_rows(std::int64_t layer_index,
                                                        const AttentionWork& work, Range rows,
                                                        AttentionRows& buffer) const {
  const std::ptrdiff_t stride = padded(query_dim(config_));
  const kernels::KeyValueView* caches = workspace_.caches.data() + layer_index * plan_.sequences();
  for (std::ptrdiff_t i = rows.begin; i < rows.end; ++i) {
    const std::int32_t index = work.rows[static_cast<std::size_t>(i)];
    const PlannedRow& planned = row(index);
    buffer[static_cast<std::size_t>(i - rows.begin)] = {
        .query = workspace_.query.data() + index * stride,
        .output = workspace_.attended.data() + i * stride,
        .cache = caches + planned.sequence,
        .prefix = planned.prefix,
        .tail = plan_.tail(planned)};
  }
  return std::span(buffer).first(static_cast<std::size_t>(rows.size()));
}

// The attention's barrier follows before anybody reads it.
void LlamaPass::narrow_residual(Worker& worker) const {
  const std::ptrdiff_t stride = padded(config_.model_dim);
  const Range share = worker.share(wanted_count());
  for (std::ptrdiff_t i = share.begin; i < share.end; ++i)
    std::copy_n(workspace_.residual.data() + wanted_.rows[static_cast<std::size_t>(i)] * stride,
                config_.model_dim, workspace_.narrowed.data() + i * stride);
  lap(worker, PassPart::Elementwise);
}

void LlamaPass::add_projected(Worker& worker, const feedforward::Linear& layer,
                              const PreparedInput& input, float* residual, PassPart part) const {
  const std::ptrdiff_t stride = padded(config_.model_dim);
  const Range columns = worker.share(config_.model_dim, kernels::Kernels::kColumnGrain);
  if (columns.size() > 0) {
    feedforward::apply_columns(kernels_, input, {&layer, workspace_.projected.data(), stride},
                               columns);
    lap(worker, part);
    for (int i = 0; i < input.rows; ++i) {
      const std::ptrdiff_t offset = i * stride + columns.begin;
      kernels_.add(workspace_.projected.data() + offset, columns.size(), residual + offset);
    }
    lap(worker, PassPart::Elementwise);
  }
  worker.barrier();
}

void LlamaPass::feed_forward(Worker& worker, const LlamaLayer& layer, float* residual,
                             int rows) const {
  const PreparedInput input =
      prepare_normed(worker, residual, rows, layer.ffn_norm, layer.gate_forms);
  const Range columns = worker.share(config_.ffn_dim, kernels::Kernels::kColumnGrain);
  const std::ptrdiff_t stride = padded(config_.ffn_dim);
  for (int begin = 0; begin < rows; begin += kGateRows) {
    const int count = std::min(kGateRows, rows - begin);
    const feedforward::GatedBuffers buffers{workspace_.hidden.data() + begin * stride,
                                            workspace_.up.data(), stride};
    feedforward::project_gate(kernels_, {input.prepared, input.first_slot + begin, count},
                              layer.ffn, columns, buffers);
    lap(worker, PassPart::GateUp);
    feedforward::multiply_gate(kernels_, count, columns, buffers);
    lap(worker, PassPart::Elementwise);
  }
  worker.barrier();
  add_projected(worker, layer.ffn.down,
                prepare(worker, workspace_.hidden.data(), config_.ffn_dim, rows, layer.down_forms,
                        workspace_.ffn_rows),
                residual, PassPart::Down);
}

void LlamaPass::finish(Worker& worker, const float* residual) const {
  const std::ptrdiff_t stride = padded(config_.model_dim);
  float* normed = workspace_.normed.data() + worker.index() * stride;
  std::int64_t first_logits = -1, logit_rows = 0;
  for (const std::int32_t index : wanted_.rows)
    if (row(index).logits_index >= 0 && logit_rows++ == 0) first_logits = row(index).logits_index;

  const Range share = worker.share(wanted_count());
  for (std::ptrdiff_t i = share.begin; i < share.end; ++i) {
    const PlannedRow& planned = row(wanted_.rows[static_cast<std::size_t>(i)]);
    parts_.weights.final_norm.apply(kernels_, residual + i * stride, normed);
    lap(worker, PassPart::Normalisation);
    if (planned.hidden_index >= 0)
      std::copy_n(normed, config_.model_dim,
                  output_.hidden.data() + planned.hidden_index * config_.model_dim);
    if (planned.logits_index >= 0)
      workspace_.model_rows.prepare(kernels_, parts_.weights.head_forms, normed,
                                    planned.logits_index - first_logits);
    lap(worker, PassPart::Preparation);
  }
  if (logit_rows == 0) return;
  worker.barrier();
  const LinearOutput target{&parts_.weights.head,
                            output_.logits.data() + first_logits * config_.vocab,
                            static_cast<std::ptrdiff_t>(config_.vocab)};
  feedforward::apply_shared(kernels_, {&workspace_.model_rows, 0, static_cast<int>(logit_rows)},
                            {&target, 1}, worker);
  lap(worker, PassPart::OutputHead);
}

}  // namespace tenon::models
