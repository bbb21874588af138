#include "formats/gguf_llama_config.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tenon::formats {

namespace {

using models::LlamaConfig;
using models::RopeConfig;

// Far above any model, far below where products of two would overflow.
constexpr std::int64_t kMaxDimension = std::int64_t{1} << 30;

/// The keys of one architecture: "block_count" stands for "llama.block_count".
class Keys {
 public:
  Keys(const GgufMetadata& metadata, std::string architecture)
      : metadata_(metadata), prefix_(std::move(architecture) + ".") {}

  std::string key(std::string_view name) const { return prefix_ + std::string(name); }
  const MetadataValue* find(std::string_view name) const { return metadata_.find(key(name)); }

  std::optional<std::int64_t> find_count(std::string_view name) const {
    const auto value = metadata_.find_u64(key(name));
    if (!value) return std::nullopt;
    if (*value > static_cast<std::uint64_t>(kMaxDimension))
      throw error(name, "is " + std::to_string(*value) + ", no model is that large");
    return static_cast<std::int64_t>(*value);
  }
  std::int64_t require_positive(std::string_view name) const {
    metadata_.require_u64(key(name));
    return positive(name, *find_count(name));
  }
  /// A count that some files give once and others for every layer; all layers must agree.
  std::optional<std::int64_t> find_uniform(std::string_view name) const {
    const MetadataValue* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->type() != MetadataType::Array) return positive(name, *find_count(name));
    const auto counts = metadata_.require_i64s(key(name));
    if (counts.empty()) throw error(name, "is an empty array");
    if (!std::ranges::all_of(counts, [&](std::int64_t count) { return count == counts[0]; }))
      throw unsupported(name, "differs from layer to layer, which no model here computes");
    if (counts[0] > kMaxDimension) throw error(name, "no model is that large");
    return positive(name, counts[0]);
  }
  std::int64_t require_uniform(std::string_view name) const {
    const auto count = find_uniform(name);
    if (!count) throw error(name, "the key is missing");
    return *count;
  }
  /// A finite number over zero.
  std::optional<double> find_positive_real(std::string_view name) const {
    const auto value = metadata_.find_f64(key(name));
    if (value && !(std::isfinite(*value) && *value > 0))
      throw error(name, "is " + find(name)->to_json() + ", it must be over zero");
    return value;
  }
  double find_real(std::string_view name, double otherwise) const {
    return metadata_.find_f64(key(name)).value_or(otherwise);
  }

  Error error(std::string_view name, std::string message) const {
    return metadata_.error(key(name), std::move(message));
  }
  Error unsupported(std::string_view name, std::string message) const {
    return Error(ErrorKind::Unsupported, std::move(message)).at(metadata_.origin(), 0, key(name));
  }

 private:
  std::int64_t positive(std::string_view name, std::int64_t count) const {
    if (count <= 0) throw error(name, "is " + std::to_string(count) + ", it must be positive");
    return count;
  }

  const GgufMetadata& metadata_;
  std::string prefix_;
};

void refuse_what_is_not_computed(const Keys& keys, const GgufMetadata& metadata) {
  if (keys.find_count("expert_count").value_or(0) > 0)
    throw keys.unsupported("expert_count", "the model has expert layers, which are not supported");
  if (!metadata.find_bool(keys.key("attention.causal")).value_or(true))
    throw keys.unsupported(
        "attention.causal",
        "the model looks ahead in its text (an encoder), which is not supported");
  // Neutral values are what the formulas of models/language do.
  const std::pair<const char*, double> neutral[] = {
      {"rope.scaling.yarn_log_multiplier", 0},
      {"rope.scaling.yarn_ext_factor", 1},
      {"rope.scaling.yarn_attn_factor", 1},
      {"rope.scaling.alpha", 0},
      {"logit_scale", 1},
      {"embedding_scale", 1},
      {"residual_scale", 1},
      {"attention.scale", 0},
      {"attention.clamp_kqv", 0},
      {"attention.max_alibi_bias", 0},
      {"attn_logit_softcapping", 0},
      {"final_logit_softcapping", 0},
  };
  for (const auto& [name, value] : neutral)
    if (keys.find_real(name, value) != value && keys.find_real(name, 0) != 0)
      throw keys.unsupported(
          name, "is " + keys.find(name)->to_json() + ", which the models here do not compute");
}

void read_attention(const Keys& keys, LlamaConfig& config) {
  const auto as_int = [](std::int64_t value) { return static_cast<int>(value); };
  config.heads = as_int(keys.require_uniform("attention.head_count"));
  config.kv_heads = as_int(keys.find_uniform("attention.head_count_kv").value_or(config.heads));
  if (config.heads % config.kv_heads != 0)
    throw keys.error("attention.head_count_kv", "is " + std::to_string(config.kv_heads) +
                                                    ", which does not divide the " +
                                                    std::to_string(config.heads) + " heads");
  const auto key_length = keys.find_uniform("attention.key_length");
  if (!key_length && config.model_dim % config.heads != 0)
    throw keys.error("attention.head_count", "is " + std::to_string(config.heads) +
                                                 ", which does not divide the embedding length " +
                                                 std::to_string(config.model_dim));
  config.head_dim = as_int(key_length.value_or(config.model_dim / config.heads));
  const auto value_length = keys.find_uniform("attention.value_length").value_or(config.head_dim);
  if (value_length != config.head_dim)
    throw keys.unsupported("attention.value_length",
                           "is " + std::to_string(value_length) + " and the keys' length is " +
                               std::to_string(config.head_dim) + "; they must be equal here");
  config.rms_epsilon =
      static_cast<float>(keys.find_positive_real("attention.layer_norm_rms_epsilon").value_or(0));
  if (config.rms_epsilon == 0.0f)
    throw keys.error("attention.layer_norm_rms_epsilon", "the key is missing");
  config.sliding_window =
      static_cast<std::int32_t>(keys.find_count("attention.sliding_window").value_or(0));
}

RopeConfig::Scaling read_scaling_type(const Keys& keys, const GgufMetadata& metadata) {
  // Without the type a factor alone means linear, as the reference implementation has it.
  const auto type = metadata.find_string(keys.key("rope.scaling.type")).value_or("linear");
  if (type == "none") return RopeConfig::Scaling::None;
  if (type == "linear") return RopeConfig::Scaling::Linear;
  if (type == "yarn") return RopeConfig::Scaling::Yarn;
  throw keys
      .unsupported("rope.scaling.type", "the rope scaling " + quoted(type) + " is not supported")
      .hint(
          "supported: none, linear, yarn, and the divisors of Llama 3 (tensor rope_freqs.weight)");
}

void read_scaling(const Keys& keys, const GgufMetadata& metadata, LlamaConfig& config) {
  RopeConfig& rope = config.rope;
  rope.scaling = read_scaling_type(keys, metadata);
  const char* name =
      keys.find("rope.scaling.factor") != nullptr ? "rope.scaling.factor" : "rope.scale_linear";
  // 0 stands for "no scaling" in old files.
  if (keys.find_real(name, 0) != 0) rope.factor = *keys.find_positive_real(name);
  if (rope.scaling == RopeConfig::Scaling::None) rope.factor = 1.0;
  if (rope.factor == 1.0 && rope.scaling == RopeConfig::Scaling::Linear)
    rope.scaling = RopeConfig::Scaling::None;
  rope.original_context =
      keys.find_count("rope.scaling.original_context_length").value_or(config.training_context);
  if (rope.scaling == RopeConfig::Scaling::Yarn && rope.original_context <= 0)
    throw keys.error("rope.scaling.original_context_length", "yarn needs it, and it is missing");
  rope.attention_factor = keys.find_positive_real("rope.scaling.attn_factor").value_or(1.0);
  rope.yarn_beta_fast = keys.find_positive_real("rope.scaling.yarn_beta_fast").value_or(32.0);
  rope.yarn_beta_slow = keys.find_positive_real("rope.scaling.yarn_beta_slow").value_or(1.0);
}

void read_rope(const Keys& keys, const GgufMetadata& metadata, LlamaConfig& config) {
  RopeConfig& rope = config.rope;
  // Converters reorder the rows of llama's queries and keys so that pairs lie side by side.
  rope.pairing = config.architecture == "llama" ? RopeConfig::Pairing::Interleaved
                                                : RopeConfig::Pairing::Halves;
  rope.dimensions = keys.find_uniform("rope.dimension_count").value_or(config.head_dim);
  if (rope.dimensions > config.head_dim || rope.dimensions % 2 != 0)
    throw keys.error("rope.dimension_count",
                     "is " + std::to_string(rope.dimensions) + ", it must be even and at most " +
                         std::to_string(config.head_dim) + ", the length of a head");
  rope.base = keys.find_positive_real("rope.freq_base").value_or(10000.0);
  read_scaling(keys, metadata, config);
}

std::int64_t read_vocab(const GgufFile& file, const LlamaConfig& config) {
  const GgufTensor* embedding = file.find_tensor("token_embd.weight");
  if (embedding == nullptr)
    throw Error(ErrorKind::Input,
                "the tensor \"token_embd.weight\" is missing" +
                    std::string(file.tensors().empty() ? ": the file holds no weights" : ""))
        .at(file.origin());
  const Shape& shape = embedding->shape;
  if (shape.rank() != 2 || shape[1] != config.model_dim || shape[0] > kMaxDimension)
    throw Error(ErrorKind::Input, "the tensor \"token_embd.weight\" has shape " +
                                      shape.to_string() + ", [vocabulary, " +
                                      std::to_string(config.model_dim) + "] is needed")
        .at(file.origin());
  return shape[0];
}

}  // namespace

LlamaConfig read_llama_config(const GgufFile& file) {
  const GgufMetadata& metadata = file.metadata();
  LlamaConfig config;
  config.architecture = metadata.require_string("general.architecture");
  const Keys keys(metadata, config.architecture);
  refuse_what_is_not_computed(keys, metadata);
  config.layers = keys.require_positive("block_count");
  config.model_dim = keys.require_positive("embedding_length");
  config.ffn_dim = keys.require_uniform("feed_forward_length");
  config.training_context = keys.find_count("context_length").value_or(0);
  read_attention(keys, config);
  read_rope(keys, metadata, config);
  config.vocab = read_vocab(file, config);
  config.requires_qkv_bias = config.architecture == "qwen2";
  config.requires_head_norms = config.architecture == "qwen3";
  return config;
}

}  // namespace tenon::formats
