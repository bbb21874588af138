// The suite's foundation: the logits of a row depend on its ancestors alone, bit for bit, whatever
// stands beside it and however many threads compute it.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "base/random.h"
#include "forward.h"
#include "models/language/llama.h"
#include "support/tiny_llama.h"

using namespace tenon;
using namespace tenon::test;
using models::Batch;
using models::BatchRow;
using models::LlamaConfig;
using models::State;

namespace {

struct Setting {
  std::string name;
  LlamaConfig config;
  DType dtype;
  kernels::Precision precision;
  DType cache_type;
};

// Rows of 256 numbers, as the K formats need.
LlamaConfig wide_config(std::string_view architecture) {
  LlamaConfig config = tiny_llama_config(architecture);
  config.model_dim = 256;
  config.ffn_dim = 256;
  config.head_dim = 64;
  config.layers = 1;
  return config;
}

// Every storage type of interest, cache type and family at least once; sizes that no vector divides.
std::vector<Setting> settings() {
  using enum kernels::Precision;
  LlamaConfig odd = tiny_llama_config();
  odd.vocab = 67;
  odd.model_dim = 45;
  odd.ffn_dim = 90;
  odd.heads = 3;
  odd.kv_heads = 3;
  odd.head_dim = 14;
  LlamaConfig window = tiny_llama_config();
  window.sliding_window = 5;
  LlamaConfig three = tiny_llama_config();
  three.model_dim = 96;
  three.heads = 6;
  three.kv_heads = 3;
  LlamaConfig wide_window = window;
  wide_window.head_dim = 32;
  return {
      {"float32", tiny_llama_config(), DType::F32, Exact, DType::F32},
      {"odd sizes", odd, DType::F32, Exact, DType::F16},
      {"float16", tiny_llama_config(), DType::F16, Fast, DType::F16},
      {"bfloat16", tiny_llama_config("qwen3"), DType::BF16, Fast, DType::BF16},
      {"Q8_0", tiny_llama_config("qwen2"), DType::Q8_0, Fast, DType::F16},
      {"Q8_0 exact", tiny_llama_config("qwen2"), DType::Q8_0, Exact, DType::F32},
      {"Q4_0, three kv heads", three, DType::Q4_0, Fast, DType::F16},
      {"Q4_1, window", window, DType::Q4_1, Fast, DType::BF16},
      {"Q5_0", tiny_llama_config(), DType::Q5_0, Fast, DType::F16},
      {"Q5_1", tiny_llama_config(), DType::Q5_1, Fast, DType::F32},
      {"Q4_K", wide_config("llama"), DType::Q4_K, Fast, DType::F16},
      {"Q8_0 cache", wide_config("llama"), DType::Q8_0, Fast, DType::Q8_0},
      {"Q8_0 cache, window", wide_window, DType::F32, Exact, DType::Q8_0},
      {"Q6_K", wide_config("qwen3"), DType::Q6_K, Fast, DType::BF16},
  };
}

// A model and the ways to ask it.
class Subject {
 public:
  Subject(const Setting& setting, const kernels::Kernels& kernels)
      : options_{.cache_type = setting.cache_type},
        tiny_(make_tiny_llama(setting.config, {.dtype = setting.dtype},
                              {.kernels = &kernels, .precision = setting.precision}, alone_)) {}

  models::LanguageModel& model() const { return *tiny_.model; }
  std::unique_ptr<State> state() const { return tiny_.model->make_state(options_); }
  std::vector<std::int32_t> tokens(std::size_t count, std::uint64_t seed) const {
    return random_tokens(tiny_.config.vocab, count, seed);
  }
  std::vector<Logits> plain(std::span<const std::int32_t> tokens) const {
    return one_by_one(model(), options_, tokens);
  }

 private:
  Team alone_{1};
  models::StateOptions options_;
  TinyLlama tiny_;
};

template <typename Check>
void for_each_subject(const Check& check) {
  for (const kernels::Kernels* kernels : available_kernels())
    for (const Setting& setting : settings()) {
      CAPTURE(kernels->name());
      CAPTURE(setting.name);
      check(Subject(setting, *kernels));
    }
}

std::vector<std::int32_t> path_to(const Batch& batch, std::int32_t row) {
  std::vector<std::int32_t> path;
  for (; row != BatchRow::kAfterCommitted; row = batch[static_cast<std::size_t>(row)].parent)
    path.push_back(row);
  std::ranges::reverse(path);
  return path;
}

std::vector<std::int32_t> tokens_of(const Batch& batch, std::span<const std::int32_t> path) {
  std::vector<std::int32_t> tokens;
  for (const std::int32_t row : path) tokens.push_back(batch[static_cast<std::size_t>(row)].token);
  return tokens;
}

// `count` rows after the committed end; each follows a random earlier one or the end.
Batch random_tree(const Subject& subject, std::size_t count, std::uint64_t seed) {
  const RandomStream random(seed, "tree");
  const auto tokens = subject.tokens(count, seed);
  Batch batch;
  for (std::size_t i = 0; i < count; ++i)
    batch.push_back(
        {.token = tokens[i],
         .parent = static_cast<std::int32_t>(random.uniform(i) * static_cast<double>(i + 1)) - 1,
         .wants_logits = true});
  return batch;
}

}  // namespace

TEST_SUITE("models") {
  TEST_CASE("a token has the same logits in chains of 1 to 16 rows, on 1 to 3 threads") {
    for_each_subject([](const Subject& subject) {
      const auto tokens = subject.tokens(17, 1);
      const auto expected = subject.plain(tokens);
      for (const int threads : {1, 2, 3}) {
        Team team(threads);
        for (std::size_t rows = 1; rows <= 16; ++rows) {
          // every size on two threads, a sample on the others
          if (threads != 2 && rows != 1 && rows != 3 && rows != 8 && rows != 16) continue;
          CAPTURE(threads);
          CAPTURE(rows);
          const auto state = subject.state();
          CHECK(same_bits(feed(subject.model(), *state, tokens, rows, team), expected));
        }
      }
    });
  }

  TEST_CASE(
      "a row of a tree has the logits of its path alone, and a committed path goes on as if "
      "plain") {
    for_each_subject([](const Subject& subject) {
      const auto prefix = subject.tokens(9, 1);
      for (const int threads : {1, 2, 3})
        for (std::uint64_t seed = 1; seed <= (threads == 3 ? 1u : 3u); ++seed) {
          CAPTURE(threads);
          CAPTURE(seed);
          Team team(threads);
          const auto state = subject.state();
          feed(subject.model(), *state, prefix, 9, team);
          const Batch tree = random_tree(subject, 13, seed);
          const auto rows = forward_rows(subject.model(), tree, *state, team);
          for (std::int32_t row = 0; row < 13; ++row) {
            std::vector<std::int32_t> text = prefix;
            for (const std::int32_t token : tokens_of(tree, path_to(tree, row)))
              text.push_back(token);
            CHECK(same_bits(std::span<const float>(rows[static_cast<std::size_t>(row)]),
                            std::span<const float>(subject.plain(text).back())));
          }
          const auto path = path_to(tree, 12);
          state->commit(path);
          std::vector<std::int32_t> text = prefix;
          for (const std::int32_t token : tokens_of(tree, path)) text.push_back(token);
          const auto more = subject.tokens(2, seed + 10);
          text.insert(text.end(), more.begin(), more.end());
          const auto expected = subject.plain(text);
          CHECK(
              same_bits(feed(subject.model(), *state, more, 2, team), std::span(expected).last(2)));
        }
    });
  }

  TEST_CASE("sequences that share a batch do not see each other") {
    for_each_subject([](const Subject& subject) {
      const std::size_t lengths[] = {5, 11, 1, 8};
      for (const int threads : {1, 2, 3}) {
        CAPTURE(threads);
        Team team(threads);
        std::vector<std::unique_ptr<State>> owned;
        std::vector<State*> states;
        std::vector<std::vector<std::int32_t>> texts;
        for (std::size_t s = 0; s < 4; ++s) {
          owned.push_back(subject.state());
          states.push_back(owned.back().get());
          texts.push_back(subject.tokens(lengths[s] + 3, s + 1));
          // different committed lengths
          feed(subject.model(), *owned[s], std::span(texts[s]).first(s), 16, team);
        }
        // Rows of the sequences in turn, as long as each lasts.
        Batch batch;
        std::vector<std::int32_t> last(4, BatchRow::kAfterCommitted);
        for (std::size_t i = 0; i < 11; ++i)
          for (std::size_t s = 0; s < 4; ++s) {
            if (i >= lengths[s]) continue;
            batch.push_back({.token = texts[s][s + i],
                             .parent = last[s],
                             .sequence = static_cast<std::int32_t>(s),
                             .wants_logits = true});
            last[s] = static_cast<std::int32_t>(batch.size()) - 1;
          }
        const auto rows = forward_rows(subject.model(), batch, states, team);
        for (std::size_t s = 0; s < 4; ++s) {
          const auto expected = subject.plain(std::span(texts[s]).first(s + lengths[s]));
          std::size_t next = s;
          for (std::size_t i = 0; i < batch.size(); ++i)
            if (batch[i].sequence == static_cast<std::int32_t>(s))
              CHECK(same_bits(std::span<const float>(rows[i]),
                              std::span<const float>(expected[next++])));
          CHECK(next == s + lengths[s]);
        }
      }
    });
  }

  TEST_CASE("logits do not depend on which rows want them") {
    for_each_subject([](const Subject& subject) {
      const auto tokens = subject.tokens(12, 4);
      const auto expected = subject.plain(tokens);
      for (const int threads : {1, 2})
        for (std::uint64_t mask : {0x001u, 0x800u, 0x0F0u, 0xA5Au, 0x000u}) {
          Team team(threads);
          const auto state = subject.state();
          Batch batch;
          models::append_chain(batch, 0, tokens);
          std::vector<Logits> wanted;
          for (std::size_t i = 0; i < 12; ++i) {
            batch[i].wants_logits = (mask >> i & 1u) != 0;
            if (batch[i].wants_logits) wanted.push_back(expected[i]);
          }
          CHECK(same_bits(forward_rows(subject.model(), batch, *state, team), wanted));
          // the state is complete all the same
          state->commit_all();
          const auto next = subject.tokens(1, 5);
          std::vector<std::int32_t> text = tokens;
          text.push_back(next[0]);
          CHECK(same_bits(std::span<const float>(feed(subject.model(), *state, next, 1, team)[0]),
                          std::span<const float>(subject.plain(text).back())));
        }
    });
  }
}

namespace {

// One small layer: long texts in little time.
Setting long_setting(int kv_heads, std::int32_t window) {
  LlamaConfig config = tiny_llama_config();
  config.model_dim = 32;
  config.ffn_dim = 32;
  config.layers = 2;
  config.heads = 12;
  config.kv_heads = kv_heads;
  config.head_dim = 8;
  config.sliding_window = window;
  return {"long", config, DType::Q8_0, kernels::Precision::Fast, DType::F16};
}

}  // namespace

TEST_SUITE("models") {
  TEST_CASE("far into a context, where attention is cut by positions, bits stay the same") {
    for (const kernels::Kernels* kernels : available_kernels())
      for (const int kv_heads : {1, 3})
        for (const std::int32_t window : {0, 300}) {
          CAPTURE(kernels->name());
          CAPTURE(kv_heads);
          CAPTURE(window);
          const Subject subject(long_setting(kv_heads, window), *kernels);
          Team alone(1);
          const auto tokens = subject.tokens(640, 1);
          const auto prefix = std::span(tokens).first(620);
          const auto base = subject.state();
          feed(subject.model(), *base, prefix, 100, alone);
          const auto plain_state = base->fork(620);
          const auto expected =
              feed(subject.model(), *plain_state, std::span(tokens).subspan(620), 1, alone);
          for (const int threads : {1, 2, 3})
            for (const std::size_t rows : {1, 2, 7, 16, 20}) {
              if (threads == 3 && rows < 7) continue;
              CAPTURE(threads);
              CAPTURE(rows);
              Team team(threads);
              const auto state = base->fork(620);
              CHECK(same_bits(
                  feed(subject.model(), *state, std::span(tokens).subspan(620), rows, team),
                  expected));
            }
        }
  }

  TEST_CASE(
      "batches longer than a pass give the bits of short ones, also where a branch leaves late") {
    for (const kernels::Kernels* kernels : available_kernels()) {
      CAPTURE(kernels->name());
      const Subject subject(long_setting(1, 0), *kernels);
      const auto tokens = subject.tokens(1100, 1);
      Team alone(1);
      const auto plain_state = subject.state();
      const auto expected = feed(subject.model(), *plain_state, tokens, 64, alone);
      // The same text in one batch, and a second branch that leaves row 100 and has rows in each pass.
      Batch batch;
      models::append_chain(batch, 0, tokens, true);
      const auto branch = subject.tokens(300, 2);
      std::int32_t parent = 100;
      std::vector<std::int32_t> branch_rows;
      for (std::size_t i = 0; i < branch.size(); ++i) {
        // after each third row of the chain, from row 150 on
        const std::size_t at = 150 + 4 * i;
        const auto row = static_cast<std::int32_t>(std::min(at, batch.size()));
        for (BatchRow& other : batch)
          if (other.parent >= row) ++other.parent;
        for (std::int32_t& other : branch_rows)
          if (other >= row) ++other;
        batch.insert(batch.begin() + row,
                     BatchRow{.token = branch[i], .parent = parent, .wants_logits = true});
        branch_rows.push_back(row);
        parent = row;
      }
      std::vector<std::int32_t> text(tokens.begin(), tokens.begin() + 101);
      text.insert(text.end(), branch.begin(), branch.end());
      const auto branch_state = subject.state();
      const auto branch_expected = feed(subject.model(), *branch_state, text, 64, alone);
      for (const int threads : {1, 2}) {
        CAPTURE(threads);
        Team team(threads);
        const auto state = subject.state();
        const auto rows = forward_rows(subject.model(), batch, *state, team);
        REQUIRE(rows.size() == 1400);
        std::vector<Logits> main_rows, own_rows;
        for (std::size_t i = 0; i < rows.size(); ++i)
          (std::ranges::find(branch_rows, static_cast<std::int32_t>(i)) == branch_rows.end()
               ? main_rows
               : own_rows)
              .push_back(rows[i]);
        CHECK(same_bits(main_rows, expected));
        CHECK(same_bits(own_rows, std::span(branch_expected).last(300)));
        state->commit(path_to(batch, branch_rows.back()));
        CHECK(state->length() == 401);
        const auto more = subject.tokens(3, 3);
        CHECK(same_bits(feed(subject.model(), *state, more, 3, team),
                        feed(subject.model(), *branch_state->fork(401), more, 1, alone)));
      }
    }
  }
}
