#include "support/tiny_llama.h"

#include <cmath>
#include <cstring>
#include <stdexcept>

#include "base/random.h"
#include "precision/block_formats.h"

namespace tenon::test {

using models::LlamaConfig;

LlamaConfig tiny_llama_config(std::string_view architecture) {
  LlamaConfig config{.architecture = std::string(architecture),
                     .vocab = 64,
                     .model_dim = 64,
                     .ffn_dim = 128,
                     .layers = 2,
                     .heads = 4,
                     .kv_heads = 2,
                     .head_dim = 16,
                     .training_context = 256,
                     .rope = {}};
  config.requires_qkv_bias = architecture == "qwen2";
  config.requires_head_norms = architecture == "qwen3";
  if (architecture != "llama") config.rope.pairing = models::RopeConfig::Pairing::Halves;
  return config;
}

namespace {

struct Spread {
  double centre;
  double half_width;
};

// Wide enough that every part of the model shows in the logits; scores of attention differ.
Spread spread_of(const std::string& name, std::int64_t in_features) {
  const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
  if (name == "token_embd.weight") return {0.0, 1.0};
  if (name.ends_with(".bias")) return {0.0, 0.5};
  if (has("norm")) return {1.0, 0.5};
  const double gain = has(".attn_q.") || has(".attn_k.") ? 2.0 : 1.0;
  return {0.0, gain * std::sqrt(3.0 / static_cast<double>(in_features))};
}

// Where a block of a type that nothing is converted to keeps its float16 scales, and the exponent of two that
// gives weights of about 0.1 by random codes.
struct ScalePlace {
  std::size_t offset;
  int exponent;
};

std::vector<ScalePlace> scale_places(DType dtype) {
  switch (dtype) {
    case DType::Q2_K:
      return {{80, -10}, {82, -10}};
    case DType::Q3_K:
      return {{108, -11}};
    case DType::Q5_K:
      return {{0, -15}, {2, -11}};
    case DType::IQ4_NL:
      return {{0, -11}};
    default:
      throw std::invalid_argument("no random blocks of this type");
  }
}

void random_blocks(DType dtype, const RandomStream& random, std::span<std::byte> bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(random.bits(i) & 0xFF);
  const auto block = static_cast<std::size_t>(dtype_info(dtype).block_bytes);
  for (std::size_t begin = 0; begin < bytes.size(); begin += block)
    for (const auto [offset, exponent] : scale_places(dtype)) {
      const auto bits = static_cast<std::uint16_t>((15 + exponent) << 10 |
                                                   (random.bits(begin + offset) >> 8 & 0x3FF));
      std::memcpy(&bytes[begin + offset], &bits, sizeof bits);
    }
}

class Maker {
 public:
  Maker(MemoryWeights& weights, const TinyWeights& options)
      : weights_(weights), options_(options) {}

  void matrix(const std::string& name, std::int64_t rows, std::int64_t columns) {
    Tensor tensor(options_.dtype, {rows, columns});
    if (!precision::can_quantize(options_.dtype)) {
      random_blocks(options_.dtype, RandomStream(options_.seed, name),
                    {tensor.data(), tensor.view().bytes()});
      weights_.add(name, std::move(tensor));
      return;
    }
    const std::vector<float> values = numbers(name, rows * columns, columns);
    const std::size_t stride = row_bytes(options_.dtype, static_cast<std::size_t>(columns));
    for (std::int64_t r = 0; r < rows; ++r)
      precision::quantize(options_.dtype,
                          std::span(values).subspan(static_cast<std::size_t>(r * columns),
                                                    static_cast<std::size_t>(columns)),
                          tensor.data() + static_cast<std::size_t>(r) * stride);
    weights_.add(name, std::move(tensor));
  }

  void vector(const std::string& name, std::int64_t size) {
    weights_.add(name, Tensor::from_floats({size}, numbers(name, size, size)));
  }

 private:
  std::vector<float> numbers(const std::string& name, std::int64_t count,
                             std::int64_t in_features) const {
    const Spread spread = spread_of(name, in_features);
    const RandomStream random(options_.seed, name);
    std::vector<float> values(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] =
          static_cast<float>(spread.centre + spread.half_width * (2.0 * random.uniform(i) - 1.0));
    return values;
  }

  MemoryWeights& weights_;
  const TinyWeights& options_;
};

void add_layer(Maker& make, const LlamaConfig& config, const TinyWeights& options,
               std::int64_t index) {
  const std::string layer = "blk." + std::to_string(index) + ".";
  const std::int64_t dim = config.model_dim, ffn = config.ffn_dim;
  const std::int64_t query = std::int64_t{config.heads} * config.head_dim;
  const std::int64_t key = std::int64_t{config.kv_heads} * config.head_dim;
  make.vector(layer + "attn_norm.weight", dim);
  make.matrix(layer + "attn_q.weight", query, dim);
  make.matrix(layer + "attn_k.weight", key, dim);
  make.matrix(layer + "attn_v.weight", key, dim);
  if (options.has_qkv_bias || config.requires_qkv_bias) {
    make.vector(layer + "attn_q.bias", query);
    make.vector(layer + "attn_k.bias", key);
    make.vector(layer + "attn_v.bias", key);
  }
  if (options.has_head_norms || config.requires_head_norms) {
    make.vector(layer + "attn_q_norm.weight", config.head_dim);
    make.vector(layer + "attn_k_norm.weight", config.head_dim);
  }
  make.matrix(layer + "attn_output.weight", dim, query);
  make.vector(layer + "ffn_norm.weight", dim);
  make.matrix(layer + "ffn_gate.weight", ffn, dim);
  make.matrix(layer + "ffn_up.weight", ffn, dim);
  make.matrix(layer + "ffn_down.weight", dim, ffn);
}

}  // namespace

std::unique_ptr<MemoryWeights> tiny_llama_weights(const LlamaConfig& config,
                                                  const TinyWeights& options) {
  auto weights = std::make_unique<MemoryWeights>("tiny " + config.architecture);
  Maker make(*weights, options);
  make.matrix("token_embd.weight", config.vocab, config.model_dim);
  for (std::int64_t i = 0; i < config.layers; ++i) add_layer(make, config, options, i);
  make.vector("output_norm.weight", config.model_dim);
  if (!options.is_tied) make.matrix("output.weight", config.vocab, config.model_dim);
  if (!options.rope_divisors.empty())
    weights->add("rope_freqs.weight",
                 Tensor::from_floats({static_cast<std::int64_t>(options.rope_divisors.size())},
                                     options.rope_divisors));
  return weights;
}

TinyLlama make_tiny_llama(const LlamaConfig& config, const TinyWeights& weights,
                          const models::LoadOptions& load, Team& team) {
  TinyLlama tiny{config, tiny_llama_weights(config, weights), nullptr};
  tiny.model = models::make_llama(config, *tiny.weights, load, team);
  return tiny;
}

std::vector<std::int32_t> random_tokens(std::int64_t vocab, std::size_t count, std::uint64_t seed) {
  const RandomStream random(seed, "tokens");
  std::vector<std::int32_t> tokens(count);
  for (std::size_t i = 0; i < count; ++i)
    tokens[i] =
        static_cast<std::int32_t>(static_cast<std::int64_t>(random.uniform(i) * 1000.0) % vocab);
  return tokens;
}

}  // namespace tenon::test
