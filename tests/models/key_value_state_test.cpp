#include "models/language/key_value_state.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "forward.h"
#include "support/tiny_llama.h"

using namespace tenon;
using namespace tenon::test;
using models::Batch;
using models::State;
using models::StateOptions;

namespace {

// Heads that every cache type holds.
models::LlamaConfig wide_heads() {
  models::LlamaConfig config = tiny_llama_config();
  config.head_dim = 32;
  return config;
}

struct Subject {
  explicit Subject(const models::LlamaConfig& config = wide_heads())
      : tiny(make_tiny_llama(config, {}, {.kernels = &kernels::select_kernels("auto")}, team)) {}

  models::LanguageModel& model() const { return *tiny.model; }
  std::unique_ptr<State> state(const StateOptions& options = {}) const {
    return model().make_state(options);
  }
  // Logits of every token of `tokens` after what the state holds.
  std::vector<Logits> after(State& state, std::span<const std::int32_t> tokens) {
    return feed(model(), state, tokens, 5, team);
  }

  Team team{1};
  TinyLlama tiny;
};

std::vector<std::int32_t> joined(std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
  std::vector<std::int32_t> all(a.begin(), a.end());
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

constexpr DType kCacheTypes[] = {DType::F32, DType::F16, DType::BF16, DType::Q8_0};

}  // namespace

TEST_SUITE("models") {
  TEST_CASE("a truncated state goes on as if the rest had never been") {
    Subject subject;
    for (const DType cache_type : kCacheTypes) {
      const auto first = random_tokens(64, 20, 1), other = random_tokens(64, 6, 2);
      const auto state = subject.state({.cache_type = cache_type}),
                 fresh = subject.state({.cache_type = cache_type});
      subject.after(*state, first);
      state->truncate(8);
      CHECK(state->length() == 8);
      const auto expected = subject.after(*fresh, joined(std::span(first).first(8), other));
      CHECK(same_bits(subject.after(*state, other), std::span(expected).last(6)));
      state->truncate(0);
      CHECK(same_bits(subject.after(*state, other),
                      subject.after(*subject.state({.cache_type = cache_type}), other)));
    }
  }

  TEST_CASE("truncate forgets pending rows too") {
    Subject subject;
    const auto state = subject.state();
    subject.after(*state, random_tokens(64, 4, 1));
    Batch batch;
    models::append_chain(batch, 0, random_tokens(64, 3, 2));
    forward_rows(subject.model(), batch, *state, subject.team);
    CHECK(state->pending() == 3);
    state->truncate(4);
    CHECK(state->pending() == 0);
    CHECK(state->length() == 4);
  }

  TEST_CASE("a fork and its source go their own ways") {
    Subject subject;
    for (const DType cache_type : kCacheTypes)
      for (const std::int64_t context : {0, 40}) {
        const StateOptions options{.context = context, .cache_type = cache_type};
        const auto prefix = random_tokens(64, 10, 1), a = random_tokens(64, 5, 2),
                   b = random_tokens(64, 5, 3);
        const auto source = subject.state(options);
        subject.after(*source, prefix);
        const auto fork = source->fork(7);
        CHECK(fork->length() == 7);
        CHECK(fork->capacity() == source->capacity());
        const auto of_fork = subject.after(*fork, b), of_source = subject.after(*source, a);
        const auto expected_fork =
            subject.after(*subject.state(options), joined(std::span(prefix).first(7), b));
        const auto expected_source = subject.after(*subject.state(options), joined(prefix, a));
        CHECK(same_bits(of_fork, std::span(expected_fork).last(5)));
        CHECK(same_bits(of_source, std::span(expected_source).last(5)));
      }
  }

  TEST_CASE("a saved state is loaded to the same bits") {
    Subject subject;
    for (const DType cache_type : kCacheTypes) {
      const auto prefix = random_tokens(64, 10, 1), more = random_tokens(64, 5, 2);
      const auto source = subject.state({.cache_type = cache_type});
      subject.after(*source, prefix);
      const std::vector<std::byte> bytes = source->save(8);
      const auto loaded = subject.state({.context = 64, .cache_type = cache_type});
      loaded->load(bytes, 8);
      CHECK(loaded->length() == 8);
      CHECK(loaded->save(8) == bytes);
      const auto expected = subject.after(*subject.state({.cache_type = cache_type}),
                                          joined(std::span(prefix).first(8), more));
      CHECK(same_bits(subject.after(*loaded, more), std::span(expected).last(5)));
    }
  }

  TEST_CASE("load refuses bytes of another length, cache type or model, cut short or too long") {
    Subject subject;
    const auto source = subject.state();
    subject.after(*source, random_tokens(64, 10, 1));
    const std::vector<std::byte> bytes = source->save(6);
    const auto refuses = [&](std::span<const std::byte> given, std::int32_t length, State& state) {
      CHECK_THROWS_AS(state.load(given, length), Error);
      CHECK(state.length() == 0);
    };
    for (std::size_t size = 0; size < bytes.size(); ++size)
      refuses(std::span(bytes).first(size), 6, *subject.state());
    std::vector<std::byte> longer = bytes;
    longer.push_back({});
    refuses(longer, 6, *subject.state());
    refuses(bytes, 5, *subject.state());
    refuses(bytes, std::numeric_limits<std::int32_t>::max(), *subject.state());
    refuses(bytes, 6, *subject.state({.cache_type = DType::BF16}));
    refuses(bytes, 6, *subject.state({.context = 5}));
    models::LlamaConfig deeper = tiny_llama_config();
    deeper.layers = 3;
    refuses(bytes, 6, *Subject(deeper).state());
    for (std::size_t i = 0; i < 48; ++i) {  // the header
      std::vector<std::byte> changed = bytes;
      changed[i] ^= std::byte{0x40};
      refuses(changed, 6, *subject.state());
    }
    CHECK_THROWS_WITH_AS(source->load(bytes, 6), "a state is loaded into one that is not empty",
                         Error);
  }

  TEST_CASE("a growing state has the bits of one whose memory was there from the start") {
    Subject subject;
    const auto tokens = random_tokens(64, 600, 1);
    const auto growing = subject.state(), fixed = subject.state({.context = 600});
    CHECK(growing->capacity() == std::numeric_limits<std::int32_t>::max());
    CHECK(fixed->capacity() == 600);
    CHECK(growing->bytes() == 0);
    const auto expected = feed(subject.model(), *fixed, tokens, 600, subject.team);
    CHECK(same_bits(feed(subject.model(), *growing, tokens, 70, subject.team), expected));
    CHECK(growing->bytes() ==
          1024u * 2 * 2 * 2 * 32 * 2);  // cells, layers, key and value, heads, dim, f16
    CHECK(fixed->bytes() == 608u * 2 * 2 * 2 * 32 * 2);
  }

  TEST_CASE("commit keeps a path and drops the other rows") {
    Subject subject;
    const auto state = subject.state();
    subject.after(*state, random_tokens(64, 3, 1));
    //  0 ─ 2 ─ 4
    //  1 ─ 3     5 follows 2
    const Batch batch = {{.token = 5},
                         {.token = 6},
                         {.token = 7, .parent = 0},
                         {.token = 8, .parent = 1},
                         {.token = 9, .parent = 2},
                         {.token = 10, .parent = 2}};
    const auto commit = [&](std::vector<std::int32_t> path) {
      auto fork = state->fork(3);
      forward_rows(subject.model(), batch, *fork, subject.team);
      CHECK(fork->pending() == 6);
      fork->commit(path);
      CHECK(fork->pending() == 0);
      return fork;
    };
    CHECK(commit({})->length() == 3);
    CHECK(commit({0})->length() == 4);
    for (const std::vector<std::int32_t>& path :
         {std::vector{0, 2, 5}, std::vector{1, 3}, std::vector{0, 2, 4}}) {
      const auto fork = commit(path);
      std::vector<std::int32_t> tokens = random_tokens(64, 3, 1);
      for (const std::int32_t row : path)
        tokens.push_back(batch[static_cast<std::size_t>(row)].token);
      const auto plain = subject.state();
      subject.after(*plain, tokens);
      CHECK(fork->length() == plain->length());
      CHECK(fork->save(fork->length()) == plain->save(plain->length()));
    }
  }

  TEST_CASE("commit refuses what is no path from the committed end, and changes nothing") {
    Subject subject;
    const auto state = subject.state();
    const Batch batch = {{.token = 5}, {.token = 6}, {.token = 7, .parent = 0}};
    forward_rows(subject.model(), batch, *state, subject.team);
    for (const std::vector<std::int32_t>& path :
         {std::vector{2}, std::vector{1, 2}, std::vector{0, 1}, std::vector{0, 0}, std::vector{3},
          std::vector{-1}}) {
      CHECK_THROWS_AS(state->commit(path), Error);
      CHECK(state->pending() == 3);
      CHECK(state->length() == 0);
    }
    CHECK_THROWS_WITH_AS(state->commit_all(),
                         "the pending rows are no chain; commit one path of them", Error);
    state->commit(std::vector{0, 2});
    CHECK(state->length() == 2);
  }

  TEST_CASE("a context can be filled to the last position and says when it is full") {
    Subject subject;
    const auto state = subject.state({.context = 10});
    const auto tokens = random_tokens(64, 10, 1);
    const auto expected = subject.after(*state, tokens);
    CHECK(state->length() == 10);
    const Batch one = {{.token = 1}};
    CHECK_THROWS_WITH_AS(forward_rows(subject.model(), one, *state, subject.team),
                         "the context of 10 positions is full", Error);
    CHECK(state->pending() == 0);
    state->truncate(9);
    CHECK(same_bits(std::span<const float>(subject.after(*state, std::span(tokens).last(1))[0]),
                    std::span<const float>(expected.back())));
    try {
      forward_rows(subject.model(), one, *state, subject.team);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::Resource);
      CHECK_FALSE(error.hint().empty());
    }
    // pending rows count: a tree of three needs three
    state->truncate(8);
    const Batch tree = {{.token = 1}, {.token = 2}, {.token = 3}};
    CHECK_THROWS_AS(forward_rows(subject.model(), tree, *state, subject.team), Error);
    CHECK_THROWS_AS(state->fork(9), Error);
  }

  TEST_CASE("impossible contexts and cache types are refused") {
    Subject subject;
    CHECK_THROWS_AS(subject.state({.context = -1}), Error);
    CHECK_THROWS_AS(subject.state({.context = std::int64_t{1} << 31}), Error);
    CHECK_THROWS_AS(subject.state({.cache_type = DType::Q4_0}), Error);
    Subject narrow(tiny_llama_config());
    CHECK_THROWS_WITH_AS(narrow.state({.cache_type = DType::Q8_0}),
                         "a key-value cache of Q8_0 holds heads of a multiple of 32 numbers, and "
                         "this model's have 16",
                         Error);
  }
}
