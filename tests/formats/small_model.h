#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "formats/format_files.h"
#include "formats/gguf_writer.h"

/// A whole language model of a few kilobytes: 2 layers, width 8, 2 heads over 1 key-value
/// head, 6 tokens.
namespace tenon::formats::test {

inline constexpr std::int64_t kSmallDim = 8, kSmallFfn = 16, kSmallVocab = 6, kSmallLayers = 2;

/// The keys of a small model of `architecture`, SentencePiece vocabulary included.
inline GgufMetadata small_metadata(const std::string& architecture = "llama") {
  using V = MetadataValue;
  const auto u32 = [](std::uint32_t value) { return V::of(value); };
  GgufMetadata m("small.gguf");
  m.add("general.architecture", V::of(architecture));
  m.add(architecture + ".block_count", u32(kSmallLayers));
  m.add(architecture + ".context_length", u32(64));
  m.add(architecture + ".embedding_length", u32(kSmallDim));
  m.add(architecture + ".feed_forward_length", u32(kSmallFfn));
  m.add(architecture + ".attention.head_count", u32(2));
  m.add(architecture + ".attention.head_count_kv", u32(1));
  m.add(architecture + ".attention.layer_norm_rms_epsilon", V::of(1e-5f));
  m.add(architecture + ".rope.freq_base", V::of(10000.0f));
  m.add("tokenizer.ggml.model", V::of("llama"));
  m.add("tokenizer.ggml.tokens",
        V::array(std::vector<std::string>{"<unk>", "<s>", "</s>", "\u2581a", "b", "<|im_end|>"}));
  m.add("tokenizer.ggml.scores", V::array(std::vector<float>{0, 0, 0, -1, -2, 0}));
  m.add("tokenizer.ggml.token_type", V::array(std::vector<std::int32_t>{2, 3, 3, 1, 1, 3}));
  return m;
}

inline std::vector<GgufTensorPlan> small_plan(bool has_bias = false, bool has_head_norms = false) {
  std::vector<GgufTensorPlan> plan;
  const auto add = [&](const std::string& name, const Shape& shape) {
    plan.push_back(GgufTensorPlan::of(name, DType::F32, shape));
  };
  const std::int64_t key_value = kSmallDim / 2;
  add("token_embd.weight", {kSmallVocab, kSmallDim});
  for (std::int64_t layer = 0; layer < kSmallLayers; ++layer) {
    const std::string name = "blk." + std::to_string(layer) + ".";
    add(name + "attn_norm.weight", {kSmallDim});
    add(name + "attn_q.weight", {kSmallDim, kSmallDim});
    add(name + "attn_k.weight", {key_value, kSmallDim});
    add(name + "attn_v.weight", {key_value, kSmallDim});
    add(name + "attn_output.weight", {kSmallDim, kSmallDim});
    add(name + "ffn_norm.weight", {kSmallDim});
    add(name + "ffn_gate.weight", {kSmallFfn, kSmallDim});
    add(name + "ffn_up.weight", {kSmallFfn, kSmallDim});
    add(name + "ffn_down.weight", {kSmallDim, kSmallFfn});
    if (has_bias) {
      add(name + "attn_q.bias", {kSmallDim});
      add(name + "attn_k.bias", {key_value});
      add(name + "attn_v.bias", {key_value});
    }
    if (has_head_norms) {
      add(name + "attn_q_norm.weight", {kSmallDim / 2});
      add(name + "attn_k_norm.weight", {kSmallDim / 2});
    }
  }
  add("output_norm.weight", {kSmallDim});
  return plan;
}

/// The bytes of the file; weights are normal random numbers (tensors of float32 only), divisors of
/// frequencies at least 1.
inline std::string small_file(const GgufMetadata& metadata,
                              const std::vector<GgufTensorPlan>& plan) {
  Collected collected;
  GgufWriter writer(collected.sink(), metadata, plan);
  for (const GgufTensorPlan& tensor : plan) {
    const RandomStream random(1, tensor.name);
    std::vector<float> values(tensor.bytes / sizeof(float));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto value = static_cast<float>(random.normal(i));
      values[i] = tensor.name == "rope_freqs.weight" ? 1 + std::abs(value) : value;
    }
    writer.write(tensor.name, std::as_bytes(std::span(values)));
  }
  writer.finish();
  return collected.text;
}

/// The small model with all that its family may say: scaled positions with divisors, a window, a head
/// of its own.
inline std::string scaled_file(const std::string& architecture, bool has_bias, bool has_norms) {
  GgufMetadata metadata = small_metadata(architecture);
  metadata.set(architecture + ".rope.scaling.type", MetadataValue::of("yarn"));
  metadata.set(architecture + ".rope.scaling.factor", MetadataValue::of(4.0f));
  metadata.set(architecture + ".attention.sliding_window", MetadataValue::of(std::uint32_t{1}));
  auto plan = small_plan(has_bias, has_norms);
  plan.push_back(GgufTensorPlan::of("output.weight", DType::F32, {kSmallVocab, kSmallDim}));
  plan.push_back(GgufTensorPlan::of("rope_freqs.weight", DType::F32, {kSmallDim / 4}));
  return small_file(metadata, plan);
}

}  // namespace tenon::formats::test
