#include "generation/saved_state.h"

#include <doctest/doctest.h>

#include <numeric>

#include "base/error.h"
#include "generation/fake_model.h"
#include "generation/generator.h"

using namespace tenon;
using namespace tenon::generation;

namespace {

SavedState small_state() {
  SavedState saved;
  saved.origin = {.model = {.high = 0x0123456789ABCDEF, .low = 0xFEDCBA9876543210},
                  .computation = "fast, reference",
                  .cache_type = DType::BF16};
  saved.tokens = {1, 2, 300, 70000, 5};
  for (int i = 0; i < 37; ++i) saved.state.push_back(static_cast<std::byte>(i * 5));
  return saved;
}

std::vector<std::byte> bytes_of(const SavedState& saved) {
  std::string bytes;
  write_saved_state(saved, [&](std::string_view piece) { bytes += piece; });
  const auto view = std::as_bytes(std::span(bytes));
  return {view.begin(), view.end()};
}

std::string complaint(std::span<const std::byte> bytes) {
  try {
    read_saved_state(bytes);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::Input);
    return error.message();
  }
  return {};
}

std::vector<std::int32_t> counting(std::size_t size) {
  std::vector<std::int32_t> tokens(size);
  std::iota(tokens.begin(), tokens.end(), 0);
  return tokens;
}

}  // namespace

TEST_SUITE_BEGIN("generation");

TEST_CASE("crc32 is that of zlib, also in parts") {
  // python3 -c 'import zlib; print(hex(zlib.crc32(b"123456789")), ...)'
  const std::string_view text = "123456789";
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  CHECK(crc32(bytes) == 0xCBF43926u);
  CHECK(crc32({}) == 0u);
  CHECK(crc32(bytes.subspan(4), crc32(bytes.first(4))) == 0xCBF43926u);
  std::vector<std::byte> many(1000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<std::byte>(i * i % 251);
  CHECK(crc32(many) == 0x5E35712Bu);  // zlib.crc32(bytes(i * i % 251 for i in range(1000)))
}

TEST_CASE("a saved state reads back as it was") {
  const SavedState saved = small_state();
  const std::vector<std::byte> bytes = bytes_of(saved);
  CHECK(bytes.size() == 48 + 15 + 4 * 5 + 37 + 4);
  const SavedState read = read_saved_state(bytes);
  CHECK((read.origin == saved.origin));
  CHECK(read.tokens == saved.tokens);
  CHECK(read.state == saved.state);
}

TEST_CASE("a saved state cut short anywhere, longer, or with any bit flipped is refused") {
  const std::vector<std::byte> bytes = bytes_of(small_state());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    REQUIRE_FALSE(complaint(std::span(bytes).first(size)).empty());
  std::vector<std::byte> longer = bytes;
  longer.push_back(std::byte{0});
  CHECK(complaint(longer) == "the saved state is longer than it says");
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int bit : {0, 7}) {
      std::vector<std::byte> damaged = bytes;
      damaged[i] ^= static_cast<std::byte>(1 << bit);
      REQUIRE_FALSE(complaint(damaged).empty());
    }
  }
  CHECK(complaint(std::span(bytes).first(20)) == "the saved state is cut short");
  CHECK(complaint(std::span(bytes).first(100)) == "the saved state is cut short");
  const std::string other = "GGUF and something else that is long enough to have a header";
  CHECK(complaint(std::as_bytes(std::span(other))) == "is not a saved state");
  std::vector<std::byte> state = bytes;
  state[70] ^= std::byte{1};
  CHECK(complaint(state) == "the checksum of the saved state does not match, it is damaged");
  state = bytes;
  state[8] = std::byte{2};
  CHECK(complaint(state) == "the saved state has version 2, this program reads version 1");
  // Counts no file can explain are compared, not added up or allocated.
  state = bytes;
  for (std::size_t i = 40; i < 48; ++i) state[i] = std::byte{0xFF};
  CHECK_FALSE(complaint(state).empty());
}

TEST_CASE("a state of another model, computation or cache type is refused") {
  const StateOrigin origin = small_state().origin;
  CHECK_NOTHROW(check_origin(origin, origin));
  StateOrigin other = origin;
  other.model.low = 1;
  CHECK_THROWS_WITH_AS(check_origin(origin, other),
                       "the saved state is of another model, of content key "
                       "0123456789abcdeffedcba9876543210 and not 0123456789abcdef0000000000000001",
                       Error);
  other = origin;
  other.computation = "exact, reference";
  CHECK_THROWS_WITH_AS(check_origin(origin, other),
                       "the saved state was computed with \"fast, reference\", this run computes "
                       "with \"exact, reference\"",
                       Error);
  other = origin;
  other.cache_type = DType::F32;
  CHECK_THROWS_WITH_AS(check_origin(origin, other),
                       "the saved state has a cache of type BF16 and not F32", Error);
}

TEST_CASE("a prompt must begin with the saved tokens, but for a seam at their end") {
  const auto saved = counting(100);
  auto prompt = counting(120);
  CHECK(usable_length(saved, prompt) == 100);
  CHECK(usable_length(saved, counting(100)) == 100);
  prompt[80] = 7777;
  CHECK(usable_length(saved, prompt) == 80);
  CHECK(usable_length(saved, counting(80)) == 80);
  prompt[70] = 7777;
  CHECK_THROWS_WITH_AS(usable_length(saved, prompt),
                       "the saved state is of another text: of its 100 tokens 70 begin the prompt",
                       Error);
  // Never more than 32 tokens, never more than a quarter.
  prompt = counting(2000);
  prompt[960] = 7777;
  CHECK_THROWS_AS(usable_length(counting(1000), prompt), Error);
  prompt = counting(10);
  prompt[1] = 7777;
  CHECK_THROWS_AS(usable_length(counting(3), prompt), Error);
}

TEST_CASE("answers after a saved and loaded prefix are those of an uninterrupted run") {
  using namespace tenon::generation::fake;
  struct Once : RequestSource {
    Request request;
    bool is_given = false;
    Status next(bool, Request& given) override {
      if (is_given) return Status::End;
      is_given = true;
      given = request;
      return Status::Ready;
    }
  };
  struct Keep : GenerationObserver {
    std::vector<std::int32_t> tokens;
    void text(std::size_t, std::int64_t, std::string_view) override {}
    void completed(const Completion& completion) override { tokens = completion.tokens; }
    void failed(std::size_t, const Error& error) override { throw error; }
  };
  FakeModel model;
  FakeTokenizer tokenizer;
  Team team(1);
  const auto document = counting(26);
  Request question{.prompt = document, .settings = {.max_tokens = 30}};
  question.prompt.push_back(4);

  Generator saving(model, tokenizer, team, {});
  Once document_only;
  document_only.request = {.prompt = document, .settings = {.max_tokens = 3}};
  Keep ignored;
  saving.run(document_only, ignored);
  const auto state = saving.take_state(document);
  REQUIRE(state != nullptr);
  CHECK(state->length() == 26);
  SavedState saved = small_state();
  saved.tokens = document;
  saved.state = state->save(26);

  const SavedState loaded = read_saved_state(bytes_of(saved));
  const std::size_t length = usable_length(loaded.tokens, question.prompt);
  Prefix prefix{.tokens = loaded.tokens, .state = model.make_state({})};
  prefix.state->load(loaded.state, static_cast<std::int32_t>(length));
  Generator resumed(model, tokenizer, team, {}), uninterrupted(model, tokenizer, team, {});
  resumed.add_prefix(std::move(prefix));
  Once first, second;
  first.request = second.request = question;
  Keep after, expected;
  CHECK(resumed.run(first, after).reused_tokens == 26);
  CHECK(uninterrupted.run(second, expected).reused_tokens == 0);
  CHECK(after.tokens == expected.tokens);
  CHECK(after.tokens.size() > 3);
}

TEST_SUITE_END();
