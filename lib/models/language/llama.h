#pragma once

#include <memory>

#include "models/language/language_model.h"

namespace tenon::models {

/// Rotary position embedding (Su et al. 2021, arXiv:2104.09864) and its stretchings.
struct RopeConfig {
  enum class Pairing {
    Interleaved,  // dimensions 2i and 2i+1 turn together: GGUF files of the llama family
    Halves,       // dimensions i and i + n/2: qwen2, qwen3, Hugging Face order
  };
  enum class Scaling { None, Linear, Yarn };

  Pairing pairing = Pairing::Interleaved;
  std::int64_t dimensions = 0;          // of head_dim, the first ones; {arch}.rope.dimension_count
  double base = 10000.0;                // {arch}.rope.freq_base
  Scaling scaling = Scaling::None;      // {arch}.rope.scaling.type
  double factor = 1.0;                  // {arch}.rope.scaling.factor
  std::int64_t original_context = 0;    // {arch}.rope.scaling.original_context_length
  double attention_factor = 1.0;        // {arch}.rope.scaling.attn_factor
  double yarn_beta_fast = 32.0;
  double yarn_beta_slow = 1.0;
  // Llama 3.1 ships per-frequency divisors as the tensor rope_freqs; read from the weights.
};

/// Llama 1-3, Mistral, SmolLM2, Qwen2 and Qwen3: one transformer with small differences, all here.
struct LlamaConfig {
  std::string architecture = "llama";
  std::int64_t vocab = 0;
  std::int64_t model_dim = 0;           // {arch}.embedding_length
  std::int64_t ffn_dim = 0;             // {arch}.feed_forward_length
  std::int64_t layers = 0;              // {arch}.block_count
  int heads = 0;                        // {arch}.attention.head_count
  int kv_heads = 0;                     // {arch}.attention.head_count_kv
  int head_dim = 0;                     // {arch}.attention.key_length, else model_dim / heads
  float rms_epsilon = 1e-5f;            // {arch}.attention.layer_norm_rms_epsilon
  std::int32_t sliding_window = 0;      // {arch}.attention.sliding_window; 0: none
  std::int64_t training_context = 0;    // {arch}.context_length
  RopeConfig rope;
  // Query/key/value biases (qwen2) and per-head query/key norms (qwen3) are taken where the file has
  // their tensors; the family says whether they must be there.
  bool requires_qkv_bias = false;
  bool requires_head_norms = false;
};

/// Builds the model over `weights`, which must outlive it. Throws Error(Input) naming a missing tensor or one
/// of the wrong shape (with both shapes).
std::unique_ptr<LanguageModel> make_llama(const LlamaConfig& config, const WeightSource& weights,
                                          const LoadOptions& options, Team& team);

}  // namespace tenon::models
