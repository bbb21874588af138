#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include "forward.h"
#include "models/language/llama.h"
#include "support/tiny_llama.h"

using namespace tenon;
using namespace tenon::test;
using models::LlamaConfig;
using models::RopeConfig;

namespace {

// transformers rounds frequencies, rope tables and norms to float32 in a float64 model; logits reach 15.
constexpr double kFloat32Tolerance = 1e-4;
constexpr std::size_t kLength = 32;

std::vector<float> read_floats(const std::string& name) {
  const std::string path = std::string(TENON_SOURCE_DIR) + "/tests/data/models/" + name + ".bin";
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file, path);
  std::vector<float> numbers(std::filesystem::file_size(path) / sizeof(float));
  file.read(reinterpret_cast<char*>(numbers.data()),
            static_cast<std::streamsize>(numbers.size() * sizeof(float)));
  return numbers;
}

// A case of scripts/oracles/llama_variations.py.
struct Variation {
  std::string name;
  LlamaConfig config;
  TinyWeights weights = {};
};

std::vector<Variation> variations() {
  std::vector<Variation> cases;
  const auto add = [&](const char* name, const char* architecture) -> Variation& {
    return cases.emplace_back(Variation{name, tiny_llama_config(architecture)});
  };
  add("llama_plain", "llama");
  add("llama_tied", "llama").weights.is_tied = true;
  LlamaConfig& odd = add("llama_odd_sizes", "llama").config;
  odd.vocab = 67;
  odd.model_dim = 45;
  odd.ffn_dim = 90;
  odd.heads = 3;
  odd.kv_heads = 1;
  odd.head_dim = 14;
  RopeConfig& linear = add("llama_linear", "llama").config.rope;
  linear.scaling = RopeConfig::Scaling::Linear;
  linear.factor = 4.0;
  RopeConfig& yarn = add("llama_yarn", "llama").config.rope;
  yarn.scaling = RopeConfig::Scaling::Yarn;
  yarn.factor = 4.0;
  yarn.original_context = 16;
  Variation& llama3 = add("llama_llama3", "llama");
  llama3.config.rope.base = 500.0;
  const std::vector<float> golden = read_floats("llama_llama3");
  llama3.weights.rope_divisors.assign(golden.end() - 8, golden.end());
  add("mistral_window", "llama").config.sliding_window = 7;
  add("qwen2", "qwen2").weights.is_tied = true;
  RopeConfig& qwen2_yarn = add("qwen2_yarn", "qwen2").config.rope;
  qwen2_yarn.scaling = RopeConfig::Scaling::Yarn;
  qwen2_yarn.factor = 2.0;
  qwen2_yarn.yarn_beta_fast = 8.0;
  qwen2_yarn.yarn_beta_slow = 2.0;
  qwen2_yarn.original_context = 128;
  add("qwen3", "qwen3").config.head_dim = 24;
  return cases;
}

double largest_difference(const std::vector<Logits>& logits, std::span<const float> golden) {
  double largest = 0.0;
  for (const Logits& row : logits) {
    for (std::size_t i = 0; i < row.size(); ++i)
      largest = std::max(largest, std::fabs(static_cast<double>(row[i]) - golden[i]));
    golden = golden.subspan(row.size());
  }
  return largest;
}

}  // namespace

TEST_SUITE("models") {
  TEST_CASE("every variation of the llama family has the logits of transformers") {
    Team team(2);
    for (const kernels::Kernels* kernels : available_kernels())
      for (const Variation& variation : variations()) {
        CAPTURE(kernels->name());
        CAPTURE(variation.name);
        const TinyLlama tiny =
            make_tiny_llama(variation.config, variation.weights,
                            {.kernels = kernels, .precision = kernels::Precision::Exact}, team);
        const auto tokens = random_tokens(variation.config.vocab, kLength);
        const auto state = tiny.model->make_state({.cache_type = DType::F32});
        const auto logits = feed(*tiny.model, *state, tokens, kLength, team);
        const std::vector<float> golden = read_floats(variation.name);
        REQUIRE(golden.size() >= kLength * static_cast<std::size_t>(variation.config.vocab));
        CHECK(largest_difference(logits, golden) < kFloat32Tolerance);
      }
  }

  TEST_CASE("each setting of a variation shows in the logits") {
    // What the golden values prove depends on it: a setting that changes nothing proves nothing.
    Team team(1);
    const kernels::Kernels& kernels = kernels::select_kernels("reference");
    for (Variation variation : variations()) {
      if (variation.name == "llama_plain" || variation.name == "llama_odd_sizes") continue;
      CAPTURE(variation.name);
      const auto golden = read_floats(variation.name);
      LlamaConfig plain = tiny_llama_config(variation.config.architecture);
      plain.head_dim = variation.config.head_dim;
      if (variation.config.architecture == "qwen2") plain.requires_qkv_bias = false;
      if (variation.config.architecture == "qwen3") plain.requires_head_norms = false;
      const TinyLlama tiny = make_tiny_llama(
          plain, {}, {.kernels = &kernels, .precision = kernels::Precision::Exact}, team);
      const auto state = tiny.model->make_state({.cache_type = DType::F32});
      const auto logits =
          feed(*tiny.model, *state, random_tokens(plain.vocab, kLength), kLength, team);
      CHECK(largest_difference(logits, golden) > 100 * kFloat32Tolerance);
    }
  }
}
