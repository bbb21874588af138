#include "text/tokenizer.h"

#include <functional>
#include <thread>

#include "base/error.h"
#include "text/small_vocabulary.h"

namespace tenon::text {
namespace {

using Tokens = std::vector<std::int32_t>;
using TokenType = Vocabulary::TokenType;

// 0 a, 1 b, 2 <s>, 3 </s>, 4 <pad>, 5 user-defined ab, 6 user-defined abba, 7 control <s>x
Vocabulary letters() {
  Vocabulary vocabulary;
  vocabulary.pre_tokenizer = "gpt-2";
  vocabulary.pieces = {"a", "b", "<s>", "</s>", "<pad>", "ab", "abba", "<s>x"};
  vocabulary.types = token_types({1, 1, 3, 3, 3, 4, 4, 3});
  vocabulary.bos = 2;
  vocabulary.eos = 3;
  return vocabulary;
}

TEST_SUITE_BEGIN("text");

TEST_CASE("user-defined tokens are always split out, control tokens where they are parsed") {
  const auto tokenizer = make_tokenizer(letters());
  CHECK(tokenizer->encode("aabb") == Tokens{0, 5, 1});
  CHECK(tokenizer->encode("a</s>b<pad>", {.parse_special = true}) == Tokens{0, 3, 1, 4});
  CHECK_THROWS_AS(tokenizer->encode("a</s>"), Error);  // text, and this vocabulary has no "<"
}

TEST_CASE("of tokens split out the earliest wins, of those at one place the longest") {
  const auto tokenizer = make_tokenizer(letters());
  CHECK(tokenizer->encode("abba") == Tokens{6});
  CHECK(tokenizer->encode("abbabba") == Tokens{6, 1, 1, 0});
  CHECK(tokenizer->encode("abb") == Tokens{5, 1});
  CHECK(tokenizer->encode("aabba") == Tokens{0, 6});
  CHECK(tokenizer->encode("<s>x<s>", {.parse_special = true}) == Tokens{7, 2});
}

TEST_CASE("the beginning token is added once where vocabulary and caller want it") {
  Vocabulary vocabulary = letters();
  const auto without = make_tokenizer(vocabulary);
  CHECK(without->encode("a") == Tokens{0});
  vocabulary.adds_bos = true;
  const auto tokenizer = make_tokenizer(vocabulary);
  CHECK(tokenizer->encode("a") == Tokens{2, 0});
  CHECK(tokenizer->encode("a", {.add_bos = false}) == Tokens{0});
  CHECK(tokenizer->encode("") == Tokens{2});
  CHECK(tokenizer->encode("<s>a", {.parse_special = true}) == Tokens{2, 0});
  CHECK(tokenizer->encode("<s><s>a", {.parse_special = true}) == Tokens{2, 2, 0});
  CHECK(tokenizer->encode("a<s>", {.parse_special = true}) == Tokens{2, 0, 2});
  CHECK(tokenizer->encode("<s>xa", {.parse_special = true}) == Tokens{2, 7, 0});
  CHECK(tokenizer->decode(Tokens{2, 0}) == "a");
  CHECK(tokenizer->decode(Tokens{2, 0}, true) == "<s>a");
}

TEST_CASE("the end token is added once where vocabulary and caller want it") {
  Vocabulary vocabulary = letters();
  CHECK(make_tokenizer(vocabulary)->encode("a", {.add_eos = true}) == Tokens{0});
  vocabulary.adds_eos = true;
  const auto tokenizer = make_tokenizer(vocabulary);
  CHECK(tokenizer->encode("a") == Tokens{0});
  CHECK(tokenizer->encode("a", {.add_eos = true}) == Tokens{0, 3});
  CHECK(tokenizer->encode("", {.add_eos = true}) == Tokens{3});
  CHECK(tokenizer->encode("a</s>", {.parse_special = true, .add_eos = true}) == Tokens{0, 3});
}

TEST_CASE("tokens that end an answer are eos, eot and control tokens of the known names") {
  Vocabulary vocabulary;
  vocabulary.pieces = {"<|im_end|>",      "<|eot_id|>", "<end_of_turn>", "<|endoftext|>", "x",
                       "<|end_of_text|>", "y",          "<|im_start|>"};
  vocabulary.types = token_types({3, 3, 3, 1, 1, 3, 1, 3});
  vocabulary.eos = 4;
  vocabulary.end_of_turn = 6;
  const auto tokenizer = make_tokenizer(vocabulary);
  std::vector<bool> ends;
  for (std::int32_t token = 0; token < tokenizer->size(); ++token) {
    ends.push_back(tokenizer->ends_generation(token));
  }
  CHECK(ends == std::vector<bool>{true, true, true, false, true, true, true, false});
  CHECK_FALSE(tokenizer->ends_generation(-1));
  CHECK_FALSE(tokenizer->ends_generation(99));
}

TEST_CASE("tokens outside the vocabulary are refused, naming its size") {
  const auto tokenizer = make_tokenizer(letters());
  for (const std::int32_t token : {-1, 8, 1 << 30}) {
    CHECK_THROWS_WITH_AS(tokenizer->piece(token),
                         ("token " + std::to_string(token) + " is outside the vocabulary").c_str(),
                         Error);
    CHECK_THROWS_AS(tokenizer->decode(Tokens{0, token}), Error);
  }
}

TEST_CASE("a vocabulary that contradicts itself is refused, saying where") {
  const auto refused = [](const std::function<void(Vocabulary&)>& damage, const char* message) {
    Vocabulary vocabulary = letters();
    damage(vocabulary);
    CHECK_THROWS_WITH_AS(make_tokenizer(std::move(vocabulary)), message, Error);
  };
  refused([](Vocabulary& v) { v.pieces.clear(); }, "the vocabulary has no tokens");
  refused([](Vocabulary& v) { v.types.pop_back(); },
          "the vocabulary has 8 tokens but 7 token types");
  refused([](Vocabulary& v) { v.scores = {1, 2}; }, "the vocabulary has 8 tokens but 2 scores");
  refused([](Vocabulary& v) { v.types[1] = static_cast<TokenType>(9); },
          "token 1 has the type 9; types are 1 to 6");
  refused([](Vocabulary& v) { v.types[1] = static_cast<TokenType>(0); },
          "token 1 has the type 0; types are 1 to 6");
  refused([](Vocabulary& v) { v.types[0] = TokenType::Byte; },
          "token 0 is a byte but reads \"a\", not <0xNN>");
  refused([](Vocabulary& v) { v.pieces[1] = "a"; }, "tokens 0 and 1 are both \"a\"");
  refused([](Vocabulary& v) { v.bos = 8; },
          "the beginning token is 8, outside the vocabulary of 8");
  refused([](Vocabulary& v) { v.eos = -1; }, "the end token is -1, outside the vocabulary of 8");
  refused([](Vocabulary& v) { v.unknown = 8; },
          "the unknown token is 8, outside the vocabulary of 8");
  refused([](Vocabulary& v) { v.padding = 8; },
          "the padding token is 8, outside the vocabulary of 8");
  refused([](Vocabulary& v) { v.end_of_turn = 8; },
          "the end-of-turn token is 8, outside the vocabulary of 8");
  refused([](Vocabulary& v) { v.bos.reset(), v.adds_bos = true; },
          "the vocabulary asks for a beginning token but names none");
  refused([](Vocabulary& v) { v.eos.reset(), v.adds_eos = true; },
          "the vocabulary asks for an end token but names none");
  refused([](Vocabulary& v) { v.pre_tokenizer = "gpt-5"; },
          "the vocabulary wants the pre-tokenizer \"gpt-5\", which Tenon does not have");
}

TEST_CASE("empty pieces are places without a token, and several are allowed") {
  Vocabulary vocabulary = letters();
  vocabulary.pieces.insert(vocabulary.pieces.end(), {"", ""});
  vocabulary.types.insert(vocabulary.types.end(), {TokenType::UserDefined, TokenType::Normal});
  const auto tokenizer = make_tokenizer(vocabulary);
  CHECK(tokenizer->encode("ba") == Tokens{1, 0});
  CHECK(tokenizer->piece(8).empty());
}

TEST_CASE("one tokenizer serves several threads") {
  const auto golden = read_golden("byte_pairs.json");
  const auto tokenizer = make_tokenizer(small_byte_pairs(golden, "smollm"));
  std::vector<Tokens> alone;
  for (const std::string& text : golden_texts()) alone.push_back(tokenizer->encode(text));
  std::vector<int> differing(3, 0);
  std::vector<std::thread> threads;
  for (int& count : differing) {
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < alone.size(); ++i)
        count += tokenizer->encode(golden_texts()[i]) != alone[i];
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(differing == std::vector<int>{0, 0, 0});
}

TEST_CASE("words that come again get the tokens they got first, whatever stands between") {
  const auto golden = read_golden("byte_pairs.json");
  const auto tokenizer = make_tokenizer(small_byte_pairs(golden, "gpt-2"));
  // Many more different words than places to remember them.
  std::string text;
  Tokens expected;
  SplitMix random(17);
  for (int i = 0; i < 40000; ++i) {
    std::string word = i % 2 == 0 ? " sea" : " bell";
    word.append(random.below(60), 'e');
    word += "light";
    word.push_back(static_cast<char>('a' + random.below(26)));
    const Tokens tokens = tokenizer->encode(word);
    expected.insert(expected.end(), tokens.begin(), tokens.end());
    text += word;
  }
  CHECK(tokenizer->encode(text) == expected);
}

TEST_SUITE_END();

}  // namespace
}  // namespace tenon::text
