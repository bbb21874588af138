#include "formats/gguf_llama_config.h"

#include <doctest/doctest.h>

#include "formats/small_model.h"

using namespace tenon;
using namespace tenon::formats;
using namespace tenon::formats::test;
using models::LlamaConfig;
using models::RopeConfig;

namespace {

using V = MetadataValue;

LlamaConfig config_of(const GgufMetadata& metadata) {
  const Memory memory(small_file(metadata, small_plan()));
  return read_llama_config(GgufFile::from_bytes(memory.bytes(), "small.gguf"));
}

/// The config of the small llama with one key changed.
LlamaConfig config_with(const char* key, MetadataValue value) {
  GgufMetadata metadata = small_metadata();
  metadata.set(std::string("llama.") + key, std::move(value));
  return config_of(metadata);
}

std::string error_with(const char* key, MetadataValue value) {
  return error_of([&] { config_with(key, value); });
}

std::string error_without(const char* key) {
  GgufMetadata metadata = small_metadata();
  metadata.remove(std::string("llama.") + key);
  return error_of([&] { config_of(metadata); });
}

MetadataValue u32(std::uint32_t value) {
  return V::of(value);
}
MetadataValue i32s(std::vector<std::int32_t> values) {
  return V::array(values);
}

}  // namespace

TEST_SUITE("gguf llama config") {
  TEST_CASE("the keys of a llama file feed the config") {
    const LlamaConfig config = config_of(small_metadata());
    CHECK(config.architecture == "llama");
    CHECK(config.vocab == 6);
    CHECK(config.model_dim == 8);
    CHECK(config.ffn_dim == 16);
    CHECK(config.layers == 2);
    CHECK(config.heads == 2);
    CHECK(config.kv_heads == 1);
    CHECK(config.head_dim == 4);
    CHECK(config.rms_epsilon == 1e-5f);
    CHECK(config.sliding_window == 0);
    CHECK(config.training_context == 64);
    CHECK(config.rope.pairing == RopeConfig::Pairing::Interleaved);
    CHECK(config.rope.dimensions == 4);
    CHECK(config.rope.base == 10000.0);
    CHECK(config.rope.scaling == RopeConfig::Scaling::None);
    CHECK_FALSE(config.requires_qkv_bias);
    CHECK_FALSE(config.requires_head_norms);
  }

  TEST_CASE("qwen2 needs biases, qwen3 head norms, and both turn halves") {
    const LlamaConfig qwen2 = config_of(small_metadata("qwen2"));
    CHECK(qwen2.requires_qkv_bias);
    CHECK_FALSE(qwen2.requires_head_norms);
    CHECK(qwen2.rope.pairing == RopeConfig::Pairing::Halves);
    const LlamaConfig qwen3 = config_of(small_metadata("qwen3"));
    CHECK(qwen3.requires_head_norms);
    CHECK_FALSE(qwen3.requires_qkv_bias);
    CHECK(qwen3.rope.pairing == RopeConfig::Pairing::Halves);
  }

  TEST_CASE("optional keys: window, key length, counts for every layer") {
    CHECK(config_with("attention.sliding_window", u32(32)).sliding_window == 32);
    CHECK(config_with("attention.head_count_kv", i32s({2, 2})).kv_heads == 2);
    GgufMetadata metadata = small_metadata();
    metadata.set("llama.attention.key_length", u32(16));
    metadata.set("llama.attention.value_length", u32(16));
    metadata.remove("llama.attention.head_count_kv");
    metadata.remove("llama.rope.freq_base");
    metadata.remove("llama.context_length");
    const LlamaConfig config = config_of(metadata);
    CHECK(config.head_dim == 16);
    CHECK(config.kv_heads == 2);
    CHECK(config.rope.dimensions == 16);
    CHECK(config.rope.base == 10000.0);
    CHECK(config.training_context == 0);
    CHECK(config_with("rope.dimension_count", u32(2)).rope.dimensions == 2);
  }

  TEST_CASE("rope scaling: linear by its old key too, yarn with its numbers") {
    const RopeConfig linear = config_with("rope.scaling.factor", V::of(4.0f)).rope;
    CHECK(linear.scaling == RopeConfig::Scaling::Linear);
    CHECK(linear.factor == 4.0);
    CHECK(config_with("rope.scale_linear", V::of(2.0f)).rope.factor == 2.0);
    CHECK(config_with("rope.scaling.factor", V::of(0.0f)).rope.scaling ==
          RopeConfig::Scaling::None);
    GgufMetadata metadata = small_metadata();
    metadata.set("llama.rope.scaling.type", V::of("yarn"));
    metadata.set("llama.rope.scaling.factor", V::of(4.0f));
    metadata.set("llama.rope.scaling.original_context_length", u32(16));
    metadata.set("llama.rope.scaling.attn_factor", V::of(1.25f));
    metadata.set("llama.rope.scaling.yarn_beta_fast", V::of(16.0f));
    metadata.set("llama.rope.scaling.yarn_beta_slow", V::of(2.0f));
    const RopeConfig yarn = config_of(metadata).rope;
    CHECK(yarn.scaling == RopeConfig::Scaling::Yarn);
    CHECK(yarn.factor == 4.0);
    CHECK(yarn.original_context == 16);
    CHECK(yarn.attention_factor == 1.25);
    CHECK(yarn.yarn_beta_fast == 16.0);
    CHECK(yarn.yarn_beta_slow == 2.0);
    metadata.remove("llama.rope.scaling.original_context_length");
    CHECK(config_of(metadata).rope.original_context == 64);
    metadata.set("llama.rope.scaling.type", V::of("none"));
    CHECK(config_of(metadata).rope.scaling == RopeConfig::Scaling::None);
    CHECK(config_of(metadata).rope.factor == 1.0);
  }

  TEST_CASE("missing and impossible numbers are refused, naming the key") {
    for (const char* key : {"block_count", "embedding_length", "feed_forward_length",
                            "attention.head_count", "attention.layer_norm_rms_epsilon"})
      CHECK(error_without(key) ==
            "small.gguf at llama." + std::string(key) + ": the key is missing");
    CHECK(error_with("block_count", u32(0)) ==
          "small.gguf at llama.block_count: is 0, it must be positive");
    CHECK(error_with("block_count", u32(UINT32_MAX)) ==
          "small.gguf at llama.block_count: is 4294967295, no model is that large");
    CHECK(error_with("attention.head_count", u32(3)) ==
          "small.gguf at llama.attention.head_count: is 3, which does not divide the embedding "
          "length 8");
    CHECK(error_with("attention.head_count_kv", u32(3)) ==
          "small.gguf at llama.attention.head_count_kv: is 3, which does not divide the 2 heads");
    CHECK(error_with("attention.head_count_kv", u32(0)).ends_with("is 0, it must be positive"));
    CHECK(
        error_with("attention.head_count_kv", i32s({2, -2})).find("differs from layer to layer") !=
        std::string::npos);
    CHECK(error_with("attention.head_count_kv", i32s({-1, -1})).ends_with("it must be positive"));
    CHECK(error_with("attention.layer_norm_rms_epsilon", V::of(-1.0f))
              .ends_with("is -1, it must be over zero"));
    CHECK(error_with("rope.freq_base", V::of(std::numeric_limits<float>::quiet_NaN()))
              .ends_with("is null, it must be over zero"));
    CHECK(error_with("rope.dimension_count", u32(3)).find("must be even and at most 4") !=
          std::string::npos);
    CHECK(error_with("rope.dimension_count", u32(6)).find("must be even and at most 4") !=
          std::string::npos);
    CHECK(
        error_with("embedding_length", u32(4)) ==
        "small.gguf: the tensor \"token_embd.weight\" has shape [6, 8], [vocabulary, 4] is needed");
  }

  TEST_CASE("what the family does not compute is refused as unsupported") {
    const auto refusal = [](const char* key, MetadataValue value) {
      try {
        config_with(key, std::move(value));
      } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::Unsupported);
        CHECK(error.pointer() == "llama." + std::string(key));
        return error.message();
      }
      return std::string("no error");
    };
    CHECK(refusal("expert_count", u32(8)) ==
          "the model has expert layers, which are not supported");
    CHECK(refusal("attention.value_length", u32(6)).find("they must be equal") !=
          std::string::npos);
    CHECK(refusal("rope.scaling.type", V::of("longrope")) ==
          "the rope scaling \"longrope\" is not supported");
    CHECK(refusal("attention.causal", V::of(false)).find("looks ahead") != std::string::npos);
    CHECK(refusal("final_logit_softcapping", V::of(30.0f)).find("is 30") != std::string::npos);
    CHECK(refusal("logit_scale", V::of(0.5f)).find("is 0.5") != std::string::npos);
    CHECK(error_with("logit_scale", V::of(1.0f)) == "no error");
    CHECK(error_with("expert_count", u32(0)) == "no error");
  }

  TEST_CASE("a file without weights is told apart from one without an embedding") {
    const Memory none(small_file(small_metadata(), {}));
    CHECK(error_of([&] { read_llama_config(GgufFile::from_bytes(none.bytes(), "v.gguf")); }) ==
          "v.gguf: the tensor \"token_embd.weight\" is missing: the file holds no weights");
  }
}
