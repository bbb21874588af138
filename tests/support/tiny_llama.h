#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/language/llama.h"
#include "tensor/memory_weights.h"

/// Small random models of the llama family, for tests of models and of what is built over them. The
/// same arguments give the same weights everywhere; scripts/oracles/llama_variations.py makes them
/// too.
namespace tenon::test {

/// 2 layers of width 64, 4 heads of 16, 2 key-value heads, 64 tokens; `architecture` is llama,
/// qwen2 or qwen3 and brings its pairing, biases or head norms. Change fields as needed.
models::LlamaConfig tiny_llama_config(std::string_view architecture = "llama");

struct TinyWeights {
  /// Of the matrices; rows must be multiples of its block. Types that nothing can be converted to are made of
  /// random blocks.
  DType dtype = DType::F32;
  bool is_tied = false;       // no output.weight
  bool has_qkv_bias = false;  // also where the config requires it
  bool has_head_norms = false;
  std::vector<float> rope_divisors = {};
  std::uint64_t seed = 1;
};

std::unique_ptr<MemoryWeights> tiny_llama_weights(const models::LlamaConfig& config,
                                                  const TinyWeights& options = {});

struct TinyLlama {
  models::LlamaConfig config;
  std::unique_ptr<MemoryWeights> weights;
  std::unique_ptr<models::LanguageModel> model;
};

/// Weights and the model over them.
TinyLlama make_tiny_llama(const models::LlamaConfig& config, const TinyWeights& weights,
                          const models::LoadOptions& load, Team& team);

/// `count` token ids below `vocab`, the same for the same arguments.
std::vector<std::int32_t> random_tokens(std::int64_t vocab, std::size_t count,
                                        std::uint64_t seed = 1);

}  // namespace tenon::test
