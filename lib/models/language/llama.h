#pragma once

#include <memory>

#include "attention/rope.h"
#include "models/language/language_model.h"

namespace tenon::models {

using attention::RopeConfig;

/// Llama 1-3, Mistral, SmolLM2, Qwen2 and Qwen3: one transformer with small differences, all here.
struct LlamaConfig {
  std::string architecture = "llama";
  std::int64_t vocab = 0;
  std::int64_t model_dim = 0;         // {arch}.embedding_length
  std::int64_t ffn_dim = 0;           // {arch}.feed_forward_length
  std::int64_t layers = 0;            // {arch}.block_count
  int heads = 0;                      // {arch}.attention.head_count
  int kv_heads = 0;                   // {arch}.attention.head_count_kv
  int head_dim = 0;                   // {arch}.attention.key_length, else model_dim / heads
  float rms_epsilon = 1e-5f;          // {arch}.attention.layer_norm_rms_epsilon
  std::int32_t sliding_window = 0;    // {arch}.attention.sliding_window; 0: none
  std::int64_t training_context = 0;  // {arch}.context_length
  RopeConfig rope;
  // Query/key/value biases (qwen2) and per-head query/key norms (qwen3) are taken where the file
  // has their tensors; the family says whether they must be there.
  bool requires_qkv_bias = false;
  bool requires_head_norms = false;
};

/// Builds the model over `weights`, which must outlive it. Throws Error(Input) naming a missing
/// tensor or one of the wrong shape (with both shapes).
std::unique_ptr<LanguageModel> make_llama(const LlamaConfig& config, const WeightSource& weights,
                                          const LoadOptions& options, Team& team);

}  // namespace tenon::models
