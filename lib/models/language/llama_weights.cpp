#include "models/language/llama_weights.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "models/weight_table.h"

namespace tenon::models {

namespace {

using enum Size;
using enum Need;
template <typename Owner>
using ToMatrix = Matrix& (*)(Owner&);
template <typename Owner>
using ToVector = Vector& (*)(Owner&);
template <typename Owner>
using ToView = TensorView& (*)(Owner&);

using ModelRow = WeightRow<LlamaWeights>;
using LayerRow = WeightRow<LlamaLayer>;
using M = LlamaWeights;
using L = LlamaLayer;

// our name, name in the file, shape, needed, member
constexpr ModelRow kModelTable[] = {
    {"embedding", "token_embd.weight", Vocab, ModelDim, Required,
     ToView<M>([](M& m) -> TensorView& { return m.embedding; })},
    {"final norm", "output_norm.weight", One, ModelDim, Required,
     ToVector<M>([](M& m) -> Vector& { return m.final_norm.weight; })},
    {"head", "output.weight", Vocab, ModelDim, Optional,
     ToMatrix<M>([](M& m) -> Matrix& { return m.head.weight; })},
};

constexpr ModelRow kRopeTable[] = {
    {"rope divisors", "rope_freqs.weight", One, RopePairs, Optional,
     ToVector<M>([](M& m) -> Vector& { return m.rope_divisors; })},
};

constexpr LayerRow kLayerTable[] = {
    {"attention norm", "blk.{}.attn_norm.weight", One, ModelDim, Required,
     ToVector<L>([](L& l) -> Vector& { return l.attention_norm.weight; })},
    {"query", "blk.{}.attn_q.weight", QueryDim, ModelDim, Required,
     ToMatrix<L>([](L& l) -> Matrix& { return l.query.weight; })},
    {"query bias", "blk.{}.attn_q.bias", One, QueryDim, QkvBias,
     ToVector<L>([](L& l) -> Vector& { return l.query.bias; })},
    {"key", "blk.{}.attn_k.weight", KeyValueDim, ModelDim, Required,
     ToMatrix<L>([](L& l) -> Matrix& { return l.key.weight; })},
    {"key bias", "blk.{}.attn_k.bias", One, KeyValueDim, QkvBias,
     ToVector<L>([](L& l) -> Vector& { return l.key.bias; })},
    {"value", "blk.{}.attn_v.weight", KeyValueDim, ModelDim, Required,
     ToMatrix<L>([](L& l) -> Matrix& { return l.value.weight; })},
    {"value bias", "blk.{}.attn_v.bias", One, KeyValueDim, QkvBias,
     ToVector<L>([](L& l) -> Vector& { return l.value.bias; })},
    {"attention output", "blk.{}.attn_output.weight", ModelDim, QueryDim, Required,
     ToMatrix<L>([](L& l) -> Matrix& { return l.output.weight; })},
    {"query norm", "blk.{}.attn_q_norm.weight", One, HeadDim, HeadNorms,
     ToVector<L>([](L& l) -> Vector& { return l.query_norm.weight; })},
    {"key norm", "blk.{}.attn_k_norm.weight", One, HeadDim, HeadNorms,
     ToVector<L>([](L& l) -> Vector& { return l.key_norm.weight; })},
    {"feed-forward norm", "blk.{}.ffn_norm.weight", One, ModelDim, Required,
     ToVector<L>([](L& l) -> Vector& { return l.ffn_norm.weight; })},
    {"gate", "blk.{}.ffn_gate.weight", FfnDim, ModelDim, Required,
     ToMatrix<L>([](L& l) -> Matrix& { return l.ffn.gate.weight; })},
    {"up", "blk.{}.ffn_up.weight", FfnDim, ModelDim, Required,
     ToMatrix<L>([](L& l) -> Matrix& { return l.ffn.up.weight; })},
    {"down", "blk.{}.ffn_down.weight", ModelDim, FfnDim, Required,
     ToMatrix<L>([](L& l) -> Matrix& { return l.ffn.down.weight; })},
};

// Frequencies that old converters wrote beside the settings they follow from.
constexpr std::string_view kIgnored[] = {".attn_rot_embd", ".attn_rot_embd.weight",
                                         ".rotary_emb.inv_freq"};

SizeTable sizes_of(const LlamaConfig& config) {
  SizeTable sizes{};
  const auto set = [&](Size size, std::int64_t value) {
    sizes[static_cast<std::size_t>(size)] = value;
  };
  set(One, 1);
  set(Vocab, config.vocab);
  set(ModelDim, config.model_dim);
  set(FfnDim, config.ffn_dim);
  set(QueryDim, std::int64_t{config.heads} * config.head_dim);
  set(KeyValueDim, std::int64_t{config.kv_heads} * config.head_dim);
  set(HeadDim, config.head_dim);
  set(RopePairs, config.rope.dimensions / 2);
  return sizes;
}

void set_epsilons(LlamaWeights& weights, float epsilon) {
  weights.final_norm.epsilon = epsilon;
  for (LlamaLayer& layer : weights.layers)
    for (normalization::RmsNorm* norm :
         {&layer.attention_norm, &layer.query_norm, &layer.key_norm, &layer.ffn_norm})
      norm->epsilon = epsilon;
}

void set_forms(LlamaWeights& weights, const kernels::Kernels& kernels) {
  using feedforward::forms_of;
  weights.head_forms = forms_of(kernels, {&weights.head});
  weights.model_forms = weights.head_forms;
  for (LlamaLayer& layer : weights.layers) {
    layer.attention_forms = forms_of(kernels, {&layer.query, &layer.key, &layer.value});
    layer.output_forms = forms_of(kernels, {&layer.output});
    layer.gate_forms = forms_of(kernels, {&layer.ffn.gate, &layer.ffn.up});
    layer.down_forms = forms_of(kernels, {&layer.ffn.down});
    weights.model_forms.insert(layer.attention_forms);
    weights.model_forms.insert(layer.gate_forms);
    weights.query_forms.insert(layer.output_forms);
    weights.ffn_forms.insert(layer.down_forms);
  }
}

std::size_t bytes_read(const LlamaWeights& weights) {
  std::size_t bytes = row_bytes(weights.embedding.dtype,
                                static_cast<std::size_t>(weights.embedding.row_elements()));
  const auto add = [&](const feedforward::Linear& layer) {
    bytes += layer.weight->bytes_read + layer.bias.size() * sizeof(float);
  };
  const auto add_norm = [&](const normalization::RmsNorm& norm) {
    bytes += norm.weight.size() * sizeof(float);
  };
  for (const LlamaLayer& layer : weights.layers) {
    for (const feedforward::Linear* linear : {&layer.query, &layer.key, &layer.value, &layer.output,
                                              &layer.ffn.gate, &layer.ffn.up, &layer.ffn.down})
      add(*linear);
    for (const normalization::RmsNorm* norm :
         {&layer.attention_norm, &layer.query_norm, &layer.key_norm, &layer.ffn_norm})
      add_norm(*norm);
  }
  add(weights.head);
  add_norm(weights.final_norm);
  return bytes;
}

// In the last layer, rows that nobody asked for end behind their keys and values.
void count_operations(LlamaWeights& weights, const kernels::Kernels& kernels) {
  const auto add = [&](ProductOperations& operations, const feedforward::Linear& layer) {
    operations[kernels.activation_form(*layer.weight)] +=
        2 * layer.weight->out_features * layer.weight->in_features;
  };
  for (const LlamaLayer& layer : weights.layers) {
    const bool is_last = &layer == &weights.layers.back();
    for (const feedforward::Linear* linear : {&layer.query, &layer.key, &layer.value})
      add(weights.row_operations, *linear);
    for (const feedforward::Linear* linear :
         {&layer.output, &layer.ffn.gate, &layer.ffn.up, &layer.ffn.down})
      add(is_last ? weights.wanted_operations : weights.row_operations, *linear);
  }
  add(weights.wanted_operations, weights.head);
}

// A count that no file can hold must not become memory.
std::size_t layer_count(const LlamaConfig& config, const WeightSource& source) {
  const auto layers = static_cast<std::size_t>(config.layers);
  if (layers > source.names().size())
    throw Error(ErrorKind::Input, "the settings speak of " + std::to_string(layers) +
                                      " layers, but there are only " +
                                      std::to_string(source.names().size()) + " tensors")
        .at(source.origin());
  return layers;
}

}  // namespace

LlamaWeights load_llama_weights(const LlamaConfig& config, const WeightSource& source,
                                const LoadOptions& options, Team& team) {
  LlamaWeights weights;
  WeightLoader loader(source, sizes_of(config),
                      {true, false, config.requires_qkv_bias, config.requires_head_norms});
  loader.load<LlamaWeights>(kModelTable, weights);
  weights.layers.resize(layer_count(config, source));
  for (std::size_t i = 0; i < weights.layers.size(); ++i)
    loader.load<LlamaLayer>(kLayerTable, weights.layers[i], static_cast<std::int64_t>(i));
  weights.parameters = loader.parameters();
  loader.load<LlamaWeights>(kRopeTable, weights);
  if (std::ranges::count(source.names(), "output.weight") == 0)
    loader.add_matrix(weights.embedding, "token_embd.weight", weights.head.weight);
  loader.refuse_unused(config.architecture, kIgnored);
  const auto now = [&] { return options.clock ? options.clock() : 0.0; };
  const double start = now();
  weights.bytes_owned =
      loader.prepare(*options.kernels, options.precision, options.may_repack, team, options.beside);
  weights.repack_seconds = weights.bytes_owned > 0 ? now() - start : 0.0;
  set_epsilons(weights, config.rms_epsilon);
  set_forms(weights, *options.kernels);
  weights.bytes_read_per_pass = bytes_read(weights);
  count_operations(weights, *options.kernels);
  return weights;
}

}  // namespace tenon::models
