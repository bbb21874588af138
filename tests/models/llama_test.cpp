#include "models/language/llama.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "base/error.h"
#include "forward.h"
#include "support/tiny_llama.h"

using namespace tenon;
using namespace tenon::test;
using models::Batch;
using models::LlamaConfig;
using models::State;

namespace {

const models::LoadOptions kLoad{.kernels = &kernels::select_kernels("auto")};

// What `action` complains of: kind and message.
struct Complaint {
  ErrorKind kind = ErrorKind::Usage;
  std::string message = "none";
};

Complaint complaint(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return {error.kind(), error.what()};
  }
  return {};
}

// The tiny model's weights with some changed or left out.
class Altered : public MemoryWeights {
 public:
  Altered(const MemoryWeights& source, const std::string& name, std::optional<Tensor> replacement)
      : MemoryWeights("altered.gguf") {
    bool is_known = false;
    for (const std::string& other : source.names()) {
      is_known = is_known || other == name;
      if (other != name) {
        add(other, copy(*source.find(other)));
      } else if (replacement) {
        add(other, std::move(*replacement));
      }
    }
    if (!is_known && replacement) add(name, std::move(*replacement));
  }

 private:
  static Tensor copy(const TensorView& view) {
    Tensor tensor(view.dtype, view.shape);
    std::copy_n(view.data, view.bytes(), tensor.data());
    return tensor;
  }
};

Tensor zeros(const Shape& shape) {
  return Tensor::from_floats(shape, std::vector<float>(static_cast<std::size_t>(shape.elements())));
}

Complaint load_complaint(const LlamaConfig& config, const std::string& name,
                         std::optional<Tensor> replacement) {
  Team team(2);
  const Altered weights(*tiny_llama_weights(config), name, std::move(replacement));
  return complaint([&] { models::make_llama(config, weights, kLoad, team); });
}

}  // namespace

TEST_SUITE("models") {
  TEST_CASE("a missing tensor is named") {
    for (const char* name :
         {"token_embd.weight", "output_norm.weight", "blk.0.attn_norm.weight",
          "blk.1.attn_q.weight", "blk.1.attn_k.weight", "blk.0.attn_v.weight",
          "blk.1.attn_output.weight", "blk.1.ffn_norm.weight", "blk.1.ffn_gate.weight",
          "blk.1.ffn_up.weight", "blk.0.ffn_down.weight"}) {
      CAPTURE(name);
      const Complaint found = load_complaint(tiny_llama_config(), name, std::nullopt);
      CHECK(found.kind == ErrorKind::Input);
      CHECK(found.message.find("altered.gguf: the tensor " + std::string(name)) == 0);
      CHECK(found.message.find("is missing") != std::string::npos);
    }
    for (const char* name : {"blk.0.attn_q.bias", "blk.1.attn_k.bias", "blk.0.attn_v.bias"})
      CHECK(load_complaint(tiny_llama_config("qwen2"), name, std::nullopt).message.find(name) !=
            std::string::npos);
    for (const char* name : {"blk.0.attn_q_norm.weight", "blk.1.attn_k_norm.weight"})
      CHECK(load_complaint(tiny_llama_config("qwen3"), name, std::nullopt).message.find(name) !=
            std::string::npos);
  }

  TEST_CASE("a tensor of the wrong shape is named with both shapes") {
    CHECK(load_complaint(tiny_llama_config(), "blk.1.ffn_up.weight", zeros({64, 128})).message ==
          "altered.gguf: the tensor blk.1.ffn_up.weight (up) has shape [64, 128], not [128, 64]");
    CHECK(load_complaint(tiny_llama_config(), "blk.0.attn_k.weight", zeros({64, 64})).message ==
          "altered.gguf: the tensor blk.0.attn_k.weight (key) has shape [64, 64], not [32, 64]");
    CHECK(load_complaint(tiny_llama_config(), "output_norm.weight", zeros({1, 64})).message ==
          "altered.gguf: the tensor output_norm.weight (final norm) has shape [1, 64], not [64]");
    CHECK(load_complaint(tiny_llama_config(), "rope_freqs.weight", zeros({7})).message ==
          "altered.gguf: the tensor rope_freqs.weight (rope divisors) has shape [7], not [8]");
  }

  TEST_CASE("a tensor with no place in the model is refused, old rope tables are not") {
    const Complaint found = load_complaint(tiny_llama_config(), "blk.1.ffn_down.bias", zeros({64}));
    CHECK(found.kind == ErrorKind::Unsupported);
    CHECK(found.message ==
          "altered.gguf: the tensor \"blk.1.ffn_down.bias\" has no place in a model of the llama "
          "family");
    CHECK(load_complaint(tiny_llama_config(), "blk.0.attn_rot_embd", zeros({8})).message == "none");
  }

  TEST_CASE("settings that contradict each other are refused") {
    const auto refused = [](const std::function<void(LlamaConfig&)>& change) {
      LlamaConfig config = tiny_llama_config();
      const auto weights = tiny_llama_weights(config);
      change(config);
      Team team(1);
      return complaint([&] { models::make_llama(config, *weights, kLoad, team); }).kind ==
             ErrorKind::Input;
    };
    CHECK(refused([](LlamaConfig& c) { c.vocab = 0; }));
    CHECK(refused([](LlamaConfig& c) { c.model_dim = -64; }));
    CHECK(refused([](LlamaConfig& c) { c.ffn_dim = std::numeric_limits<std::int64_t>::max(); }));
    CHECK(refused([](LlamaConfig& c) { c.layers = std::int64_t{1} << 30; }));
    CHECK(refused([](LlamaConfig& c) { c.layers = 3; }));
    CHECK(refused([](LlamaConfig& c) { c.heads = 0; }));
    CHECK(refused([](LlamaConfig& c) { c.kv_heads = 3; }));
    CHECK(refused([](LlamaConfig& c) { c.head_dim = -1; }));
    CHECK(refused([](LlamaConfig& c) { c.rms_epsilon = -1.0f; }));
    CHECK(refused([](LlamaConfig& c) { c.rms_epsilon = NAN; }));
    CHECK(refused([](LlamaConfig& c) { c.sliding_window = -1; }));
    CHECK(refused([](LlamaConfig& c) { c.rope.dimensions = 32; }));
    CHECK(refused([](LlamaConfig& c) { c.rope.dimensions = 3; }));
    CHECK(refused([](LlamaConfig& c) { c.rope.base = 0.0; }));
    CHECK_FALSE(refused([](LlamaConfig&) {}));
    CHECK_FALSE(refused([](LlamaConfig& c) { c.head_dim = 0; }));  // follows from width and heads
  }

  TEST_CASE("a model tells its shape, its parameters and what a pass reads") {
    Team team(2);
    const TinyLlama tied = make_tiny_llama(tiny_llama_config(), {.is_tied = true}, kLoad, team);
    const TinyLlama untied = make_tiny_llama(
        tiny_llama_config(), {.rope_divisors = std::vector<float>(8, 2.0f)}, kLoad, team);
    const auto& info = tied.model->info();
    CHECK(info.architecture == "llama");
    CHECK(info.vocab == 64);
    CHECK(info.model_dim == 64);
    CHECK(info.layers == 2);
    CHECK(info.training_context == 256);
    const std::int64_t layer = 64 + 64 * 64 + 2 * 32 * 64 + 64 * 64 + 64 + 3 * 64 * 128;
    CHECK(info.parameters == 64 * 64 + 2 * layer + 64);
    CHECK(untied.model->info().parameters == info.parameters + 64 * 64);
    CHECK(info.bytes_read_per_pass >= 4u * static_cast<std::size_t>(info.parameters));
    CHECK(untied.model->info().bytes_read_per_pass == info.bytes_read_per_pass);
  }

  TEST_CASE("hidden states are what the head turns into logits") {
    Team team(2);
    const TinyLlama tiny = make_tiny_llama(tiny_llama_config(), {}, kLoad, team);
    const auto head = tiny.weights->find("output.weight")->floats();
    const auto state = tiny.model->make_state({});
    Batch batch;
    models::append_chain(batch, 0, random_tokens(64, 7), true);
    batch[0].wants_logits = batch[4].wants_logits = false;
    for (const std::size_t row : {0, 2, 3, 6}) batch[row].wants_hidden = true;
    models::ForwardOutput output;
    State* const states[] = {state.get()};
    tiny.model->forward(batch, states, team, output);
    REQUIRE(output.hidden_rows == 4);
    REQUIRE(output.logit_rows == 5);
    // batch row → row of the hidden states, row of the logits
    const std::pair<std::int64_t, std::int64_t> both[] = {{1, 1}, {2, 2}, {3, 4}};
    for (const auto& [hidden_row, logits_row] : both) {
      const float* hidden = output.hidden.data() + hidden_row * output.model_dim;
      for (std::size_t token = 0; token < 64; ++token) {
        double sum = 0.0;
        for (std::size_t k = 0; k < 64; ++k)
          sum += static_cast<double>(head[token * 64 + k]) * hidden[k];
        CHECK(std::fabs(output.logits_row(logits_row)[token] - sum) < 1e-4);
      }
    }
  }

  TEST_CASE("an empty batch computes nothing") {
    Team team(2);
    const TinyLlama tiny = make_tiny_llama(tiny_llama_config(), {}, kLoad, team);
    const auto state = tiny.model->make_state({});
    CHECK(forward_rows(*tiny.model, {}, *state, team).empty());
    state->commit_all();
    CHECK(state->length() == 0);
  }

  TEST_CASE("wrong batches are refused, and no state has changed") {
    Team team(2);
    const TinyLlama tiny = make_tiny_llama(tiny_llama_config(), {}, kLoad, team);
    const auto first = tiny.model->make_state({}), second = tiny.model->make_state({.context = 1});
    feed(*tiny.model, *first, random_tokens(64, 3), 3, team);
    const auto bytes = first->save(3);
    const auto refusal = [&](const Batch& batch, std::vector<State*> states) {
      const Complaint found = complaint([&] { forward_rows(*tiny.model, batch, states, team); });
      CHECK(first->pending() == 0);
      CHECK(second->pending() == 0);
      CHECK(first->save(3) == bytes);
      return found;
    };
    State *const a = first.get(), *const b = second.get();
    const Complaint token = refusal({{.token = 5}, {.token = 64}}, {a, b});
    CHECK(token.kind == ErrorKind::Input);
    CHECK(token.message == "token 64 is outside the vocabulary of 64");
    CHECK(refusal({{.token = -1}}, {a, b}).message == "token -1 is outside the vocabulary of 64");
    CHECK(refusal({{.token = 1, .parent = 0}}, {a, b}).message ==
          "row 0 of the batch follows row 0, which does not come before it");
    CHECK(refusal({{.token = 1, .parent = -2}}, {a, b}).message ==
          "row 0 of the batch follows row -2, which does not come before it");
    CHECK(refusal({{.token = 1}, {.token = 1, .parent = 2}, {.token = 1}}, {a, b}).message ==
          "row 1 of the batch follows row 2, which does not come before it");
    CHECK(refusal({{.token = 1}, {.token = 1, .parent = 0, .sequence = 1}}, {a, b}).message ==
          "row 1 of the batch follows row 0, which is of another sequence");
    CHECK(refusal({{.token = 1, .sequence = 2}}, {a, b}).message ==
          "row 0 of the batch is of sequence 2, there are 2");
    CHECK(refusal({{.token = 1, .sequence = -1}}, {a, b}).message ==
          "row 0 of the batch is of sequence -1, there are 2");
    CHECK(refusal({{.token = 1}}, {a, a}).message ==
          "the state of sequence 1 is also that of another sequence");
    CHECK(refusal({{.token = 1}}, {nullptr}).message ==
          "the state of sequence 0 is not of this model");
    // the second state is too short, the first has room: neither takes a row
    CHECK(refusal({{.token = 1}, {.token = 1, .sequence = 1}, {.token = 1, .sequence = 1}}, {a, b})
              .kind == ErrorKind::Resource);
    LlamaConfig deeper = tiny_llama_config();
    deeper.layers = 3;
    const TinyLlama other = make_tiny_llama(deeper, {}, kLoad, team);
    const auto foreign = other.model->make_state({});
    CHECK(refusal({{.token = 1}}, {foreign.get()}).message ==
          "the state of sequence 0 is not of this model");
  }

  TEST_CASE("rows that wait for commit must be settled before the next batch") {
    Team team(1);
    const TinyLlama tiny = make_tiny_llama(tiny_llama_config(), {}, kLoad, team);
    const auto state = tiny.model->make_state({});
    forward_rows(*tiny.model, {{.token = 1}, {.token = 2}}, *state, team);
    const Complaint found =
        complaint([&] { forward_rows(*tiny.model, {{.token = 3}}, *state, team); });
    CHECK(found.kind == ErrorKind::Internal);
    CHECK(found.message == "the state of sequence 0 still has 2 pending rows");
    CHECK(state->pending() == 2);
    state->commit({});
    CHECK(forward_rows(*tiny.model, {{.token = 3, .wants_logits = true}}, *state, team).size() ==
          1);
  }

  TEST_CASE("append_chain names predecessors and asks for the last logits, or all") {
    Batch batch = {{.token = 9}};
    models::append_chain(batch, 2, std::vector<std::int32_t>{4, 5, 6});
    REQUIRE(batch.size() == 4);
    CHECK(batch[1].parent == models::BatchRow::kAfterCommitted);
    CHECK(batch[2].parent == 1);
    CHECK(batch[3].parent == 2);
    CHECK(batch[2].sequence == 2);
    CHECK_FALSE(batch[2].wants_logits);
    CHECK(batch[3].wants_logits);
    models::append_chain(batch, 0, std::vector<std::int32_t>{4, 5}, true);
    CHECK(batch[4].wants_logits);
    models::append_chain(batch, 0, {});
    CHECK(batch.size() == 6);
  }
}
