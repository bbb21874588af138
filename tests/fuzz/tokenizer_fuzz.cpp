// Any bytes through the tokenizers: byte pairs under every rule and SentencePiece with and without
// byte tokens. What is encoded must decode to the same bytes, and decoding any tokens must not
// fail.

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "text/byte_alphabet.h"
#include "text/tokenizer.h"

namespace {

using tenon::text::Tokenizer;
using tenon::text::Utf8Stream;
using tenon::text::Vocabulary;
using TokenType = Vocabulary::TokenType;

void add(Vocabulary& vocabulary, const std::string& piece, TokenType type = TokenType::Normal) {
  vocabulary.pieces.push_back(piece);
  vocabulary.types.push_back(type);
}

void merge(Vocabulary& vocabulary, const std::string& left, const std::string& right) {
  add(vocabulary, left + right);
  vocabulary.merges.push_back(left + ' ' + right);
}

std::unique_ptr<Tokenizer> byte_pairs(const char* rule) {
  Vocabulary vocabulary;
  vocabulary.pre_tokenizer = rule;
  for (int byte = 0; byte < 256; ++byte) {
    const char bytes[1] = {static_cast<char>(byte)};
    add(vocabulary, tenon::text::bytes_to_alphabet({bytes, 1}));
  }
  const std::string space = tenon::text::bytes_to_alphabet(" ");
  merge(vocabulary, "a", "b");
  merge(vocabulary, space, "ab");
  merge(vocabulary, "ab", "ab");
  merge(vocabulary, space, space);
  merge(vocabulary, space + space, space + space);
  merge(vocabulary, "1", "2");
  merge(vocabulary, "'", "s");
  add(vocabulary, "<|end|>", TokenType::Control);
  add(vocabulary, "<|e", TokenType::UserDefined);
  return tenon::text::make_tokenizer(std::move(vocabulary));
}

std::unique_ptr<Tokenizer> sentence_pieces(bool has_bytes) {
  Vocabulary vocabulary;
  vocabulary.kind = Vocabulary::Kind::SentencePiece;
  add(vocabulary, "<unk>", TokenType::Unknown);
  add(vocabulary, "<s>", TokenType::Control);
  vocabulary.unknown = 0;
  vocabulary.bos = 1;
  vocabulary.adds_bos = true;
  for (int byte = 0; has_bytes && byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", byte);
    add(vocabulary, name, TokenType::Byte);
  }
  for (const char* piece : {"\u2581", "a", "b", "ab", "\u2581ab", "\u2581\u2581", "\u6d77"}) {
    add(vocabulary, piece);
  }
  add(vocabulary, "abab", TokenType::Unused);
  add(vocabulary, "ababb");
  for (std::size_t i = 0; i < vocabulary.pieces.size(); ++i) {
    vocabulary.scores.push_back(-static_cast<float>(i % 7));
  }
  return tenon::text::make_tokenizer(std::move(vocabulary));
}

void require(bool condition) {
  if (!condition) std::abort();
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

void check_byte_pairs(const Tokenizer& tokenizer, std::string_view text) {
  require(tokenizer.decode(tokenizer.encode(text)) == text);
  const auto tokens = tokenizer.encode(text, {.parse_special = true});
  require(tokenizer.decode(tokens, true) == text);
  Utf8Stream whole, in_pieces;
  std::string shown;
  for (const std::int32_t token : tokens) shown += in_pieces.push(tokenizer.piece(token, true));
  shown += in_pieces.finish();
  std::string expected = whole.push(text);
  expected += whole.finish();
  require(shown == expected);
}

void check_any_tokens(const Tokenizer& tokenizer, std::string_view bytes) {
  std::vector<std::int32_t> tokens;
  for (const char byte : bytes) {
    tokens.push_back(
        static_cast<std::int32_t>(static_cast<unsigned char>(byte) % tokenizer.size()));
  }
  tokenizer.decode(tokens, true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array rules = {byte_pairs("gpt-2"), byte_pairs("smollm"),
                                   byte_pairs("llama-bpe"), byte_pairs("qwen2"),
                                   byte_pairs("default")};
  static const auto with_bytes = sentence_pieces(true);
  static const auto without_bytes = sentence_pieces(false);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& tokenizer : rules) {
    check_byte_pairs(*tokenizer, text);
    check_any_tokens(*tokenizer, text);
  }
  require(with_bytes->decode(with_bytes->encode(text)) == with_spaces(text));
  check_any_tokens(*with_bytes, text);
  try {
    without_bytes->encode(text);
  } catch (const tenon::Error& error) {
    require(error.kind() == tenon::ErrorKind::Input && error.pointer().starts_with("byte "));
  }
  return 0;
}
