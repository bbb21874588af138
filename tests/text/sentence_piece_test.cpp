#include "base/error.h"
#include "text/small_vocabulary.h"

namespace tenon::text {
namespace {

using Tokens = std::vector<std::int32_t>;

// A vocabulary by hand: tokens are counted from 0.
Vocabulary by_hand(std::vector<std::string> pieces, std::vector<float> scores,
                   const nlohmann::json& types) {
  Vocabulary vocabulary;
  vocabulary.kind = Vocabulary::Kind::SentencePiece;
  vocabulary.pieces = std::move(pieces);
  vocabulary.scores = std::move(scores);
  vocabulary.types = token_types(types);
  return vocabulary;
}

std::string with_spaces(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const bool is_space = text.starts_with("\u2581");
    plain.push_back(is_space ? ' ' : text[0]);
    text.remove_prefix(is_space ? 3 : 1);
  }
  return plain;
}

TEST_SUITE_BEGIN("text");

TEST_CASE("sentence pieces are those of SentencePiece, with byte tokens and with an unknown one") {
  const auto golden = read_golden("sentence_pieces.json");
  for (const auto& [name, expected] : golden.items()) {
    CAPTURE(name);
    const auto tokenizer = make_tokenizer(small_sentence_pieces(expected));
    const auto& texts = golden_texts();
    for (std::size_t i = 0; i < expected["texts"].size(); ++i) {
      CAPTURE(texts[i]);
      CHECK(tokenizer->encode(texts[i], {.add_bos = false}) == expected["texts"][i].get<Tokens>());
    }
    REQUIRE(expected["digests"].size() == texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      CAPTURE(texts[i]);
      CHECK(digest_of(tokenizer->encode(texts[i], {.add_bos = false})) ==
            expected["digests"][i].get<std::string>());
    }
    check_random_texts(expected["random"], [&](const std::string& text) {
      return tokenizer->encode(text, {.add_bos = false});
    });
  }
}

TEST_CASE("sentence pieces come back as the text they were, U+2581 as a space") {
  const auto tokenizer =
      make_tokenizer(small_sentence_pieces(read_golden("sentence_pieces.json")["bytes"]));
  for (const std::string& text : golden_texts()) {
    CAPTURE(text);
    CHECK(tokenizer->decode(tokenizer->encode(text)) == with_spaces(text));
    CHECK(tokenizer->decode(tokenizer->encode(text, {.parse_special = true}), true) == [&] {
      const bool has_beginning = text.starts_with("<s>");
      return std::string(has_beginning ? "" : "<s>").append(with_spaces(text));
    }());
  }
  SplitMix random(5);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes;
    for (std::uint64_t n = random.below(20); n > 0; --n)
      bytes.push_back(static_cast<char>(random.below(256)));
    bytes = with_spaces(bytes);
    REQUIRE(tokenizer->decode(tokenizer->encode(bytes)) == bytes);
  }
}

TEST_CASE("a space goes in front of each stretch of text where the vocabulary says so") {
  // 0 <s>, 1 space, 2 a, 3 " a", 4 user-defined [x]
  Vocabulary vocabulary =
      by_hand({"<s>", "\u2581", "a", "\u2581a", "[x]"}, {0, -3, -2, -1, 0}, {3, 1, 1, 1, 4});
  vocabulary.bos = 0;
  vocabulary.adds_bos = true;
  const auto spaced = make_tokenizer(vocabulary);
  CHECK(spaced->encode("a") == Tokens{0, 3});
  CHECK(spaced->encode(" a") == Tokens{0, 1, 3});
  CHECK(spaced->encode("a[x]a<s>a", {.parse_special = true}) == Tokens{0, 3, 4, 3, 0, 3});
  CHECK(spaced->encode("") == Tokens{0});
  CHECK(spaced->decode(Tokens{0, 3, 3}) == "a a");
  CHECK(spaced->decode(Tokens{3, 4, 3, 0, 3}, true) == "a[x]a<s>a");
  CHECK(spaced->decode(Tokens{2, 3}) == "a a");
  CHECK(spaced->piece(3) == " a");
  vocabulary.adds_space_prefix = false;
  const auto plain = make_tokenizer(vocabulary);
  CHECK(plain->encode("a a[x]a") == Tokens{0, 2, 3, 4, 2});
  CHECK(plain->decode(Tokens{0, 3, 3}) == " a a");
}

TEST_CASE("sentence pieces that run across words are found") {
  // 3 "a" 4 "b", 5 "a b": the best score of all
  const auto tokenizer =
      make_tokenizer(by_hand({"<unk>", "\u2581", "\u2581b", "a", "b", "a\u2581b", "a\u2581"},
                             {0, -5, -9, -6, -7, -1, -2}, {2, 1, 1, 1, 1, 1, 1}));
  CHECK(tokenizer->encode("a b") == Tokens{1, 5});
  CHECK(tokenizer->encode("a b a b") == Tokens{1, 5, 1, 5});
}

TEST_CASE("an unused piece is a step to longer ones and otherwise taken apart again") {
  // 3 "ab" is unused, 4 "abc" is not
  const auto tokenizer = make_tokenizer(
      by_hand({"a", "b", "c", "ab", "abc", "d"}, {-9, -9, -9, -1, -2, -9}, {1, 1, 1, 5, 1, 5}));
  Vocabulary plain = tokenizer->vocabulary();
  plain.adds_space_prefix = false;
  const auto bare = make_tokenizer(plain);
  CHECK(bare->encode("abc") == Tokens{4});
  CHECK(bare->encode("ab") == Tokens{0, 1});
  CHECK(bare->encode("abab") == Tokens{0, 1, 0, 1});
  CHECK(bare->encode("d") == Tokens{5});
  CHECK(bare->piece(3) == "ab");
}

TEST_CASE("what has no piece is one unknown token for a run, or refused with its position") {
  Vocabulary vocabulary = by_hand({"<unk>", "\u2581", "a"}, {0, -1, -2}, {2, 1, 1});
  vocabulary.unknown = 0;
  const auto tokenizer = make_tokenizer(vocabulary);
  CHECK(tokenizer->encode("xya zz \u6d77\u6d77a") == Tokens{1, 0, 2, 1, 0, 1, 0, 2});
  CHECK(tokenizer->decode(Tokens{0}) == "");
  CHECK(tokenizer->decode(Tokens{0}, true) == "<unk>");
  const auto refused = [](const Tokenizer& refusing, std::string_view text, const char* what) {
    try {
      refusing.encode(text);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::Input);
      CHECK(std::string(error.what()) == what);
    }
  };
  refused(*tokenizer, "a  a\xE6\xB5", "at byte 4: the text is not valid UTF-8");
  vocabulary.unknown.reset();
  vocabulary.types[0] = Vocabulary::TokenType::Control;
  const auto strict = make_tokenizer(vocabulary);
  refused(*strict, "a  a <b", "at byte 5: the vocabulary has no token for \"<\"");
}

TEST_CASE("unknown tokens run together across words that begin with one") {
  // No piece for a space: "x x" is unknown throughout.
  Vocabulary vocabulary = by_hand({"<unk>", "a"}, {0, -2}, {2, 1});
  vocabulary.unknown = 0;
  vocabulary.adds_space_prefix = false;
  const auto tokenizer = make_tokenizer(vocabulary);
  CHECK(tokenizer->encode("x xa xa") == Tokens{0, 1, 0, 1});
  CHECK(tokenizer->encode("a xa x xa xa") == Tokens{1, 0, 1, 0, 1, 0, 1});
}

TEST_CASE("text that looks like a byte or control token stays text") {
  const auto tokenizer =
      make_tokenizer(small_sentence_pieces(read_golden("sentence_pieces.json")["bytes"]));
  const auto& types = tokenizer->vocabulary().types;
  for (const std::int32_t token : tokenizer->encode("<s>a</s> <0x41>", {.add_bos = false})) {
    const auto type = types[static_cast<std::size_t>(token)];
    CHECK(type != Vocabulary::TokenType::Control);
  }
  CHECK(tokenizer->decode(tokenizer->encode("<0x41>")) == "<0x41>");
  const auto parsed = tokenizer->encode("a</s>", {.parse_special = true});
  CHECK(parsed.back() == 2);
}

TEST_CASE("a SentencePiece vocabulary must have a number as score of each token") {
  CHECK_THROWS_AS(make_tokenizer(by_hand({"a"}, {}, {1})), Error);
  CHECK_THROWS_AS(make_tokenizer(by_hand({"a"}, {std::nanf("")}, {1})), Error);
  CHECK_NOTHROW(make_tokenizer(by_hand({"a"}, {-INFINITY}, {1})));
}

TEST_CASE(
    "a long text without spaces is cut into sentence pieces in little more than linear time") {
  const auto tokenizer =
      make_tokenizer(small_sentence_pieces(read_golden("sentence_pieces.json")["bytes"]));
  std::string text;
  SplitMix random(13);
  constexpr const char* kSyllables[] = {"the", "sea", "and", "light", "x", "ing", "our", "e"};
  while (text.size() < 1000000) text += kSyllables[random.below(8)];
  const auto tokens = tokenizer->encode(text);
  CHECK(tokens.size() < text.size() / 2);
  CHECK(tokenizer->decode(tokens) == text);
}

TEST_SUITE_END();

}  // namespace
}  // namespace tenon::text
