#include "formats/gguf_vocabulary.h"

#include <doctest/doctest.h>

#include "formats/format_files.h"

using namespace tenon;
using namespace tenon::formats;
using namespace tenon::formats::test;
using text::Vocabulary;

namespace {

using V = MetadataValue;
using Texts = std::vector<std::string>;

GgufMetadata tokenizer(const char* model, const Texts& tokens) {
  GgufMetadata metadata("small.gguf");
  metadata.add("tokenizer.ggml.model", V::of(model));
  metadata.add("tokenizer.ggml.tokens", V::array(tokens));
  return metadata;
}

std::string vocabulary_error(GgufMetadata metadata, const char* key, MetadataValue value) {
  metadata.set(std::string("tokenizer.ggml.") + key, std::move(value));
  return error_of([&] { read_vocabulary(metadata); });
}

}  // namespace

TEST_SUITE("gguf vocabulary") {
  TEST_CASE("a byte-pair vocabulary is read whole") {
    GgufMetadata metadata = tokenizer("gpt2", {"a", "b", "ab", "<|start|>", "<|im_end|>"});
    metadata.add("tokenizer.ggml.pre", V::of("smollm"));
    metadata.add("tokenizer.ggml.merges", V::array(Texts{"a b"}));
    metadata.add("tokenizer.ggml.token_type", V::array(std::vector<std::int32_t>{1, 0, 4, 3, 3}));
    metadata.add("tokenizer.ggml.bos_token_id", V::of(std::uint32_t{3}));
    metadata.add("tokenizer.ggml.eos_token_id", V::of(std::uint32_t{4}));
    metadata.add("tokenizer.chat_template", V::of("{{ messages }}"));
    const Vocabulary vocabulary = read_vocabulary(metadata);
    CHECK(vocabulary.kind == Vocabulary::Kind::BytePairs);
    CHECK(vocabulary.pre_tokenizer == "smollm");
    CHECK(vocabulary.pieces == Texts{"a", "b", "ab", "<|start|>", "<|im_end|>"});
    CHECK(vocabulary.merges == Texts{"a b"});
    using T = Vocabulary::TokenType;
    CHECK(vocabulary.types ==
          std::vector<T>{T::Normal, T::Normal, T::UserDefined, T::Control, T::Control});
    CHECK(vocabulary.bos == 3);
    CHECK(vocabulary.eos == 4);
    CHECK(vocabulary.end_of_turn == 4);
    CHECK_FALSE(vocabulary.unknown);
    CHECK_FALSE(vocabulary.padding);
    CHECK_FALSE(vocabulary.adds_bos);
    CHECK_FALSE(vocabulary.adds_eos);
    CHECK_FALSE(vocabulary.adds_space_prefix);
    CHECK(vocabulary.chat_template == "{{ messages }}");
  }

  TEST_CASE("a SentencePiece vocabulary has its usual tokens and rules where the file is silent") {
    GgufMetadata metadata = tokenizer("llama", {"<unk>", "<s>", "</s>", "\u2581a"});
    metadata.add("tokenizer.ggml.scores", V::array(std::vector<float>{0, 0, 0, -1.5f}));
    Vocabulary vocabulary = read_vocabulary(metadata);
    CHECK(vocabulary.kind == Vocabulary::Kind::SentencePiece);
    CHECK(vocabulary.scores == std::vector<float>{0, 0, 0, -1.5f});
    CHECK(vocabulary.unknown == 0);
    CHECK(vocabulary.bos == 1);
    CHECK(vocabulary.eos == 2);
    CHECK(vocabulary.adds_bos);
    CHECK_FALSE(vocabulary.adds_eos);
    CHECK(vocabulary.adds_space_prefix);
    metadata.add("tokenizer.ggml.add_bos_token", V::of(false));
    metadata.add("tokenizer.ggml.add_eos_token", V::of(true));
    metadata.add("tokenizer.ggml.add_space_prefix", V::of(false));
    vocabulary = read_vocabulary(metadata);
    CHECK_FALSE(vocabulary.adds_bos);
    CHECK(vocabulary.adds_eos);
    CHECK_FALSE(vocabulary.adds_space_prefix);
  }

  TEST_CASE("Llama 3's pre-tokenizer begins texts without being told, qwen2's does not") {
    GgufMetadata metadata = tokenizer("gpt2", {"a", "<|begin_of_text|>"});
    metadata.add("tokenizer.ggml.bos_token_id", V::of(std::uint32_t{1}));
    metadata.add("tokenizer.ggml.pre", V::of("llama-bpe"));
    CHECK(read_vocabulary(metadata).adds_bos);
    metadata.set("tokenizer.ggml.pre", V::of("qwen2"));
    CHECK_FALSE(read_vocabulary(metadata).adds_bos);
    // All names for which llama.cpp (llama-vocab.cpp, 2026) sets add_bos and whose rule Tenon has.
    for (const char* name : {"llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral",
                             "midm-2.0", "lfm2", "jina-v5-nano"}) {
      CAPTURE(name);
      metadata.set("tokenizer.ggml.pre", V::of(name));
      CHECK(read_vocabulary(metadata).adds_bos);
    }
    for (const char* name : {"glm4", "dbrx", "smollm", "default", "unheard-of"}) {
      CAPTURE(name);
      metadata.set("tokenizer.ggml.pre", V::of(name));
      CHECK_FALSE(read_vocabulary(metadata).adds_bos);
    }
  }

  TEST_CASE("the end of a turn is named by the file, or found by its usual names") {
    GgufMetadata metadata = tokenizer("gpt2", {"<|endoftext|>", "<|im_end|>", "<|eot_id|>", "x"});
    CHECK(read_vocabulary(metadata).end_of_turn == 2);
    metadata.add("tokenizer.ggml.token_type", V::array(std::vector<std::int32_t>{3, 3, 1, 1}));
    CHECK(read_vocabulary(metadata).end_of_turn == 1);
    metadata.add("tokenizer.ggml.eot_token_id", V::of(std::uint32_t{3}));
    CHECK(read_vocabulary(metadata).end_of_turn == 3);
    metadata.set("tokenizer.ggml.eot_token_id", V::of(std::uint32_t{UINT32_MAX}));
    CHECK_FALSE(read_vocabulary(metadata).end_of_turn);
  }

  TEST_CASE("vocabularies that contradict themselves are refused, naming the key") {
    const GgufMetadata good = tokenizer("llama", {"<unk>", "<s>", "</s>"});
    CHECK(vocabulary_error(good, "scores", V::array(std::vector<float>{1, 2})) ==
          "small.gguf at tokenizer.ggml.scores: has 2 elements, there are 3 tokens");
    CHECK(vocabulary_error(good, "token_type", V::array(std::vector<std::int32_t>{1})) ==
          "small.gguf at tokenizer.ggml.token_type: has 1 elements, there are 3 tokens");
    CHECK(vocabulary_error(good, "token_type", V::array(std::vector<std::int32_t>{1, 7, 1})) ==
          "small.gguf at tokenizer.ggml.token_type: token 1 has the unknown type 7");
    CHECK(vocabulary_error(good, "eos_token_id", V::of(std::uint32_t{3})) ==
          "small.gguf at tokenizer.ggml.eos_token_id: is token 3, there are 3 tokens");
    CHECK(vocabulary_error(good, "tokens", V::array(Texts{})) ==
          "small.gguf at tokenizer.ggml.tokens: the vocabulary is empty");
    CHECK(vocabulary_error(good, "tokens", V::of(1)) ==
          "small.gguf at tokenizer.ggml.tokens: has type i32 and value 1, an array of strings is "
          "needed");
    CHECK(vocabulary_error(good, "model", V::of("bert")) ==
          "small.gguf at tokenizer.ggml.model: the tokenizer \"bert\" is not supported");
    CHECK(
        vocabulary_error(tokenizer("gpt2", {"a"}), "add_bos_token", V::of(true)) ==
        "small.gguf at tokenizer.ggml.bos_token_id: the vocabulary wants a beginning of text, but "
        "names no token for it");
  }

  TEST_CASE("a padding that the vocabulary lacks is no padding") {
    GgufMetadata metadata = tokenizer("llama", {"<unk>", "<s>", "</s>"});
    metadata.add("tokenizer.ggml.padding_token_id", V::of(std::uint32_t{3}));
    CHECK_FALSE(read_vocabulary(metadata).padding);
    metadata.set("tokenizer.ggml.padding_token_id", V::of(std::uint32_t{2}));
    CHECK(read_vocabulary(metadata).padding == 2);
  }
}
