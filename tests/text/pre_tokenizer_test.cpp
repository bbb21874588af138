#include "text/pre_tokenizer.h"

#include "base/error.h"
#include "text/golden_texts.h"

namespace tenon::text {
namespace {

std::vector<std::size_t> word_lengths(const PreTokenizer& pre_tokenizer, std::string_view text) {
  std::vector<std::size_t> lengths;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = pre_tokenizer.word_end(text, begin);
    REQUIRE(end > begin);
    REQUIRE(end <= text.size());
    lengths.push_back(end - begin);
    begin = end;
  }
  return lengths;
}

std::vector<std::string> words(std::string_view rule, std::string_view text) {
  std::vector<std::string> result;
  std::size_t begin = 0;
  for (const std::size_t length : word_lengths(find_pre_tokenizer(rule), text)) {
    result.emplace_back(text.substr(begin, length));
    begin += length;
  }
  return result;
}

constexpr const char* kRules[] = {"gpt-2", "smollm", "llama-bpe", "qwen2", "default"};

TEST_SUITE_BEGIN("text");

TEST_CASE("pre-tokenizers cut every text where the published regular expressions do") {
  const auto golden = read_golden("pre_tokenizers.json");
  for (const char* rule : kRules) {
    CAPTURE(rule);
    const PreTokenizer pre_tokenizer = find_pre_tokenizer(rule);
    CHECK(pre_tokenizer.rule == rule);
    const auto& expected = golden[rule]["texts"];
    REQUIRE(expected.size() == golden_texts().size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CAPTURE(golden_texts()[i]);
      CHECK(digest_of(word_lengths(pre_tokenizer, golden_texts()[i])) ==
            expected[i].get<std::string>());
    }
    check_random_texts(golden[rule]["random"],
                       [&](const std::string& text) { return word_lengths(pre_tokenizer, text); });
  }
}

TEST_CASE("pre-tokenizers differ in contractions, numbers and white space") {
  using Words = std::vector<std::string>;
  const std::string text = "It's IT'S  12345\n\n x";
  CHECK(words("gpt-2", text) == Words{"It", "'s", " IT", "'", "S", " ", " 12345", "\n\n", " x"});
  CHECK(words("smollm", text) ==
        Words{"It", "'s", " IT", "'", "S", "  ", "1", "2", "3", "4", "5", "\n\n", " x"});
  CHECK(words("llama-bpe", text) ==
        Words{"It", "'s", " IT", "'S", " ", " ", "123", "45", "\n\n", " x"});
  CHECK(words("qwen2", text) ==
        Words{"It", "'s", " IT", "'S", " ", " ", "1", "2", "3", "4", "5", "\n\n", " x"});
  CHECK(words("default", text) ==
        Words{"It", "'", "s", " IT", "'", "S", " ", " ", "123", "45", "\n\n", " x"});
}

TEST_CASE(
    "pre-tokenizers cover any bytes with words, character by character where they are no UTF-8") {
  for (const char* rule : kRules) {
    const PreTokenizer pre_tokenizer = find_pre_tokenizer(rule);
    SplitMix random(7);
    for (int i = 0; i < 2000; ++i) {
      std::string bytes;
      for (std::uint64_t n = random.below(12); n > 0; --n)
        bytes.push_back(static_cast<char>(random.below(256)));
      std::size_t sum = 0;
      for (const std::size_t length : word_lengths(pre_tokenizer, bytes)) sum += length;
      CHECK(sum == bytes.size());
    }
  }
}

TEST_CASE("pre-tokenizers go by the names that files give them, and refuse others naming all") {
  CHECK(find_pre_tokenizer("llama3").rule == "llama-bpe");
  CHECK(find_pre_tokenizer("llama-v3").ignores_merges);
  CHECK(find_pre_tokenizer("llama-bpe").ignores_merges);
  CHECK_FALSE(find_pre_tokenizer("dbrx").ignores_merges);
  CHECK_FALSE(find_pre_tokenizer("smollm").ignores_merges);
  CHECK(find_pre_tokenizer("deepseek-r1-qwen").rule == "qwen2");
  CHECK(find_pre_tokenizer("starcoder").rule == "smollm");
  CHECK(find_pre_tokenizer("phi-2").rule == "gpt-2");
  CHECK(find_pre_tokenizer("").rule == "default");
  try {
    find_pre_tokenizer("kimi-k2\x1b");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::Unsupported);
    CHECK(error.message().find("\"kimi-k2\\x1B\"") != std::string::npos);
    CHECK(error.hint().find("gpt-2 (gpt2, ") != std::string::npos);
    CHECK(error.hint().find("), smollm (") != std::string::npos);
    CHECK(error.hint().ends_with(", default"));
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace tenon::text
