#include "formats/language_model_file.h"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>

#include "formats/small_model.h"
#include "kernels/kernels.h"
#include "support/real_model.h"

using namespace tenon;
using namespace tenon::formats;
using namespace tenon::formats::test;

namespace {

using V = MetadataValue;

LanguageModelFile open(const Memory& memory) {
  return LanguageModelFile(GgufFile::from_bytes(memory.bytes(), "small.gguf"));
}

models::LoadOptions load_options() {
  return {.kernels = &kernels::select_kernels("reference"), .precision = kernels::Precision::Exact};
}

void check_that_it_runs(const LanguageModelFile& file) {
  Team team(1);
  const auto model = file.make_model(load_options(), team);
  CHECK(model->info().vocab == 6);
  CHECK(model->info().layers == 2);
  const auto state = model->make_state({});
  models::Batch batch;
  models::append_chain(batch, 0, std::vector<std::int32_t>{1, 3, 4});
  models::State* states[] = {state.get()};
  models::ForwardOutput output;
  model->forward(batch, states, team, output);
  CHECK(output.logit_rows == 1);
  for (const float logit : output.logits_row(0)) CHECK(std::isfinite(logit));
}

/// A mapping whose first `readable` bytes can be read; touching one of the others kills the test.
class HalfReadable {
 public:
  HalfReadable(const std::string& text, std::size_t readable) : size_(text.size()) {
    data_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(data_ != MAP_FAILED);
    std::memcpy(data_, text.data(), size_);
    REQUIRE(::mprotect(static_cast<char*>(data_) + readable, size_ - readable, PROT_NONE) == 0);
  }
  ~HalfReadable() { ::munmap(data_, size_); }
  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_;
};

}  // namespace

TEST_SUITE("language model file") {
  TEST_CASE("a small llama file opens, and its model runs") {
    const Memory memory(small_file(small_metadata(), small_plan()));
    const LanguageModelFile file = open(memory);
    CHECK(file.architecture() == "llama");
    CHECK(file.vocabulary().pieces.size() == 6);
    CHECK(file.path() == "small.gguf");
    check_that_it_runs(file);
  }

  TEST_CASE("scaled positions, a window and a head of its own run in every family") {
    const std::string files[] = {scaled_file("llama", false, false),
                                 scaled_file("qwen2", true, false),
                                 scaled_file("qwen3", false, true)};
    for (const std::string& text : files) {
      const Memory memory(text);
      const LanguageModelFile file = open(memory);
      CHECK(file.config().rope.scaling == models::RopeConfig::Scaling::Yarn);
      CHECK(file.config().sliding_window == 1);
      check_that_it_runs(file);
    }
  }

  TEST_CASE("qwen2 and qwen3 files need the tensors of their family") {
    Team team(1);
    const auto error = [&](const char* architecture, bool has_bias, bool has_norms) {
      const Memory memory(
          small_file(small_metadata(architecture), small_plan(has_bias, has_norms)));
      const LanguageModelFile file = open(memory);
      return error_of([&] { file.make_model(load_options(), team); });
    };
    CHECK(error("qwen2", true, false) == "no error");
    CHECK(error("qwen2", false, false).find("attn_q.bias") != std::string::npos);
    CHECK(error("qwen3", false, true) == "no error");
    CHECK(error("qwen3", false, false).find("attn_q_norm.weight") != std::string::npos);
  }

  TEST_CASE(
      "an unknown architecture opens and tokenizes, its model is refused naming the supported") {
    const Memory memory(small_file(small_metadata("gpt2"), small_plan()));
    const LanguageModelFile file = open(memory);
    CHECK(file.vocabulary().pieces.size() == 6);
    Team team(1);
    try {
      file.make_model(load_options(), team);
      FAIL("not refused");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::Unsupported);
      CHECK(std::string(error.what()) == "small.gguf: the architecture \"gpt2\" is not supported");
      for (const char* name : {"llama", "Mistral", "qwen2", "qwen3"})
        CHECK(error.hint().find(name) != std::string::npos);
    }
  }

  TEST_CASE("a broken vocabulary is an error of the vocabulary, not of opening") {
    GgufMetadata metadata = small_metadata();
    metadata.set("tokenizer.ggml.model", V::of("bert"));
    const Memory memory(small_file(metadata, small_plan()));
    const LanguageModelFile file = open(memory);
    CHECK(file.has_vocabulary());
    CHECK(error_of([&] { file.vocabulary(); }).find("\"bert\" is not supported") !=
          std::string::npos);
    CHECK(file.config().vocab == 6);
  }

  TEST_CASE("a file without tokenizer keys says so when it is asked for words") {
    GgufMetadata metadata = small_metadata();
    for (const char* key : {"model", "tokens", "scores", "token_type"})
      metadata.remove("tokenizer.ggml." + std::string(key));
    const Memory memory(small_file(metadata, small_plan()));
    const LanguageModelFile file = open(memory);
    CHECK_FALSE(file.has_vocabulary());
    CHECK(error_of([&] { file.vocabulary(); }) ==
          "small.gguf: the file has no vocabulary (no tokenizer.ggml keys)");
    CHECK(file.config().vocab == 6);
  }

  TEST_CASE("the vocabulary and the embedding must have one size") {
    GgufMetadata metadata = small_metadata();
    metadata.remove("tokenizer.ggml.scores");
    metadata.remove("tokenizer.ggml.token_type");
    metadata.set("tokenizer.ggml.tokens", V::array(std::vector<std::string>{"a", "b", "c"}));
    const Memory memory(small_file(metadata, small_plan()));
    const LanguageModelFile file = open(memory);
    CHECK(error_of([&] { file.config(); }) ==
          "small.gguf: the tensor \"token_embd.weight\" has 6 rows, the vocabulary 3 tokens");
  }

  TEST_CASE("opening, the vocabulary and the config read no weight") {
    GgufMetadata metadata = small_metadata();
    const auto page = static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE));
    metadata.add("general.alignment", V::of(page));
    const HalfReadable mapping(small_file(metadata, small_plan()), page);
    const LanguageModelFile file(GgufFile::from_bytes(mapping.bytes(), "small.gguf"));
    CHECK(file.gguf().parts()[0].data_offset == page);
    CHECK(file.vocabulary().pieces.size() == 6);
    CHECK(file.config().layers == 2);
  }

  TEST_CASE("the content key follows what is in the file, not where it lies") {
    const std::string text = small_file(small_metadata(), small_plan());
    const Memory memory(text);
    const auto key = open(memory).content_key();
    CHECK(LanguageModelFile(GgufFile::from_bytes(memory.bytes(), "other.gguf")).content_key() ==
          key);
    std::string changed = text;
    changed[changed.size() - 30] =
        static_cast<char>(changed[changed.size() - 30] ^ 1);  // output_norm
    CHECK_FALSE(open(Memory(changed)).content_key() == key);
    GgufMetadata metadata = small_metadata();
    metadata.set("llama.rope.freq_base", V::of(10001.0f));
    CHECK_FALSE(open(Memory(small_file(metadata, small_plan()))).content_key() == key);
    CHECK(key.to_string().size() == 32);
  }

  TEST_CASE("the content key of a split file is that of the whole") {
    const GgufFile split = GgufFile::open(data_path("split-00002-of-00003.gguf"));
    GgufMetadata metadata = split.metadata();
    std::vector<GgufTensorPlan> plan;
    for (const GgufTensor& tensor : split.tensors())
      plan.push_back({tensor.name, tensor.ggml_type, tensor.shape, *tensor.bytes});
    Collected collected;
    GgufWriter writer(collected.sink(), metadata, plan);
    for (const GgufTensor& tensor : split.tensors())
      writer.write(tensor.name, split.tensor_bytes(tensor));
    writer.finish();
    const Memory memory(collected.text);
    CHECK(content_key(GgufFile::from_bytes(memory.bytes())) == content_key(split));
  }

  TEST_CASE("FNV-1a with 128 bits gives its published values") {
    // RFC 9923, section 8.2.3: empty, "a", "foobar".
    const auto hash = [](std::string_view text) {
      Fnv128 fnv;
      fnv.add(text);
      return fnv.key().to_string();
    };
    CHECK(hash("") == "6c62272e07bb014262b821756295c58d");
    CHECK(hash("a") == "d228cb696f1a8caf78912b704e4a8964");
    CHECK(hash("foobar") == "343e1662793c64bf6f0d3597ba446f18");
  }

  TEST_CASE("SmolLM2 opens with the numbers of its card") {
    const std::string path = tenon::test::real_model_path();
    const LanguageModelFile file = LanguageModelFile::open(path);
    const models::LlamaConfig config = file.config();
    CHECK(config.layers == 30);
    CHECK(config.model_dim == 576);
    CHECK(config.ffn_dim == 1536);
    CHECK(config.heads == 9);
    CHECK(config.kv_heads == 3);
    CHECK(config.head_dim == 64);
    CHECK(config.vocab == 49152);
    CHECK(config.rope.base == 100000.0);
    CHECK(config.training_context == 8192);
    const text::Vocabulary& vocabulary = file.vocabulary();
    CHECK(vocabulary.kind == text::Vocabulary::Kind::BytePairs);
    CHECK(vocabulary.pre_tokenizer == "smollm");
    CHECK(vocabulary.pieces.size() == 49152);
    CHECK(vocabulary.merges.size() == 48900);
    CHECK(vocabulary.eos == 2);
    CHECK(vocabulary.end_of_turn == 2);
    CHECK_FALSE(vocabulary.adds_bos);
    CHECK(vocabulary.chat_template.find("<|im_start|>") != std::string::npos);
    std::uint64_t parameters = 0;
    for (const GgufTensor& tensor : file.gguf().tensors()) parameters += tensor.elements;
    CHECK(parameters == 134515008);
  }
}
