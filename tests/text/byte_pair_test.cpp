#include "base/error.h"
#include "text/byte_alphabet.h"
#include "text/small_vocabulary.h"

namespace tenon::text {
namespace {

std::string random_bytes(SplitMix& random, std::uint64_t most) {
  std::string bytes;
  for (std::uint64_t n = random.below(most + 1); n > 0; --n) {
    bytes.push_back(static_cast<char>(random.below(256)));
  }
  return bytes;
}

TEST_SUITE_BEGIN("text");

TEST_CASE("byte pairs give the tokens of another implementation under every rule") {
  const auto golden = read_golden("byte_pairs.json");
  for (const auto& [rule, expected] : golden["rules"].items()) {
    CAPTURE(rule);
    const auto tokenizer = make_tokenizer(small_byte_pairs(golden, rule));
    const auto& texts = golden_texts();
    REQUIRE(expected["special"].size() == texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      CAPTURE(texts[i]);
      const auto special = tokenizer->encode(texts[i], {.parse_special = true});
      CHECK(digest_of(special) == expected["special"][i].get<std::string>());
      const auto plain = tokenizer->encode(texts[i], {.parse_special = false});
      CHECK(digest_of(plain) == expected["plain"][i].get<std::string>());
      CHECK(tokenizer->decode(special, true) == texts[i]);
      CHECK(tokenizer->decode(plain) == texts[i]);
    }
    check_random_texts(expected["random"], [&](const std::string& text) {
      return tokenizer->encode(text, {.parse_special = true});
    });
  }
}

TEST_CASE("byte pairs keep any bytes, valid UTF-8 or not") {
  const auto golden = read_golden("byte_pairs.json");
  for (const char* rule : {"gpt-2", "smollm", "llama-bpe", "qwen2", "default"}) {
    const auto tokenizer = make_tokenizer(small_byte_pairs(golden, rule));
    SplitMix random(3);
    for (int i = 0; i < 2000; ++i) {
      const std::string bytes = random_bytes(random, 40);
      REQUIRE(tokenizer->decode(tokenizer->encode(bytes)) == bytes);
      const std::string mixed = random_text(static_cast<std::uint64_t>(i)) + bytes;
      REQUIRE(tokenizer->decode(tokenizer->encode(mixed, {.parse_special = true}), true) == mixed);
    }
  }
}

TEST_CASE("the byte alphabet is that of GPT-2 and goes both ways") {
  // encoder.py, bytes_to_unicode
  CHECK(byte_to_character(' ') == U'\u0120');
  CHECK(byte_to_character('\n') == U'\u010A');
  CHECK(byte_to_character('a') == U'a');
  CHECK(byte_to_character(0xAD) == U'\u0143');
  CHECK(byte_to_character(0xFF) == U'\u00FF');
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all.push_back(static_cast<char>(byte));
    CHECK(character_to_byte(byte_to_character(static_cast<std::uint8_t>(byte))) == byte);
  }
  CHECK(alphabet_to_bytes(bytes_to_alphabet(all)) == all);
  CHECK(character_to_byte(U'\u0144') == -1);
  CHECK(alphabet_to_bytes("\u0120\u6d77") == " \u6d77");
}

TEST_CASE("a long word of byte pairs is merged in little more than linear time") {
  const auto golden = read_golden("byte_pairs.json");
  const auto tokenizer = make_tokenizer(small_byte_pairs(golden, "gpt-2"));
  std::string word;
  SplitMix random(11);
  constexpr const char* kSyllables[] = {"the", "sea", "and", "light", "x", "ing", "our", "e"};
  while (word.size() < 1000000) word += kSyllables[random.below(8)];
  const auto tokens = tokenizer->encode(word);  // a quadratic merge would take hours
  CHECK(tokens.size() < word.size() / 2);
  CHECK(tokenizer->decode(tokens) == word);
  // The beginning is merged as in a short word.
  const auto short_tokens = tokenizer->encode(word.substr(0, 2000));
  CHECK(std::equal(short_tokens.begin(), short_tokens.end() - 8, tokens.begin()));
}

TEST_CASE("bytes that a vocabulary lacks are refused with their position") {
  Vocabulary vocabulary;
  vocabulary.pre_tokenizer = "gpt-2";
  vocabulary.pieces = {"a", "b", "\u0120", "ab"};
  vocabulary.merges = {"a b"};
  const auto tokenizer = make_tokenizer(vocabulary);
  CHECK(tokenizer->encode("ab a") == std::vector<std::int32_t>{3, 2, 0});
  try {
    tokenizer->encode("ab ab\xFF");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::Input);
    CHECK(std::string(error.what()) == "at byte 5: the vocabulary has no token for the byte 0xFF");
    CHECK(error.hint().find("253 of the 256 bytes") != std::string::npos);
  }
}

TEST_CASE("merges that are no pair of tokens are refused, naming them") {
  Vocabulary good;
  good.pieces = {"a", "b", "ab", "<s>"};
  good.types = token_types({1, 1, 1, 3});
  const auto refused = [&](const std::string& merge, const char* words) {
    Vocabulary vocabulary = good;
    vocabulary.merges = {"a b", merge};
    try {
      make_tokenizer(vocabulary);
      FAIL("accepted " << merge);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::Input);
      CHECK(error.message().find("merge 1 ") != std::string::npos);
      CHECK(error.message().find(words) != std::string::npos);
    }
  };
  refused("ab", "not two pieces");
  refused(" ab", "not two pieces");
  refused("ab ", "not two pieces");
  refused("a  b", "not two pieces");
  refused("a b a", "not two pieces");
  refused("a c", "\"c\" is no token");
  refused("b a", "\"ba\" is no token");
}

TEST_CASE("of merges listed twice the better rank counts") {
  Vocabulary vocabulary;
  vocabulary.pre_tokenizer = "gpt-2";
  vocabulary.pieces = {"a", "b", "c", "ab", "bc"};
  vocabulary.merges = {"a b", "b c", "a b"};
  CHECK(make_tokenizer(vocabulary)->encode("abc") == std::vector<std::int32_t>{3, 2});
}

TEST_CASE("merges never make a control token out of text") {
  Vocabulary vocabulary;
  vocabulary.pre_tokenizer = "gpt-2";
  vocabulary.pieces = {"<", "s", ">", "<s", "<s>"};
  vocabulary.types = token_types({1, 1, 1, 1, 3});
  vocabulary.merges = {"< s", "<s >"};
  CHECK(make_tokenizer(vocabulary)->encode("<s>") == std::vector<std::int32_t>{0, 1, 2});
  // Nor does a whole word become one where merges are ignored.
  Vocabulary words;
  words.pre_tokenizer = "llama-bpe";
  words.pieces = {"e", "n", "d", "end", "den"};
  words.types = token_types({1, 1, 1, 3, 1});
  CHECK(make_tokenizer(words)->encode("end") == std::vector<std::int32_t>{0, 1, 2});
  CHECK(make_tokenizer(words)->encode("den") == std::vector<std::int32_t>{4});
}

TEST_SUITE_END();

}  // namespace
}  // namespace tenon::text
