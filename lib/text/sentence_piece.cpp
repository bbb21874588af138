#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/error.h"
#include "text/utf8.h"
#include "text/vocabulary_check.h"
#include "text/vocabulary_tokenizer.h"

namespace tenon::text {
namespace {

constexpr std::int32_t kNoToken = -1;
constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581, which stands for a space in pieces
// Positions within a word are 32-bit numbers, and each byte may become the three of U+2581.
constexpr std::size_t kLongestWord = std::size_t{1} << 30;

// Bytes of a space, written plainly or as U+2581, at `position`; 0 where there is none.
std::size_t space_length(std::string_view text, std::size_t position) {
  if (text[position] == ' ') return 1;
  return text.substr(position).starts_with(kSpace) ? kSpace.size() : 0;
}

// A word is spaces and what follows up to the next space.
std::size_t spaced_word_end(std::string_view text, std::size_t begin) {
  std::size_t end = begin;
  while (end < text.size() && space_length(text, end) > 0) end += space_length(text, end);
  while (end < text.size() && space_length(text, end) == 0) ++end;
  return end;
}

// Whether a space stands inside the piece behind something else, as in "of▁the".
bool crosses_words(std::string_view piece) {
  while (piece.starts_with(kSpace)) piece.remove_prefix(kSpace.size());
  return piece.find(kSpace) != std::string_view::npos;
}

// Numbers that grow as scores fall.
std::uint32_t priority_of(float score) {
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0f);  // -0 becomes 0
  const std::uint32_t ascending = (bits >> 31) != 0 ? ~bits : bits | 0x80000000u;
  return ~ascending;
}

/// The byte-pair kind of SentencePiece (Kudo and Richardson 2018), as Llama 1 and 2, Mistral and
/// Gemma have it. Spaces become U+2581, one is put in front of every stretch of text where the
/// vocabulary says so, and from single characters on those neighbours are joined whose joint piece
/// has the best score. What is then no piece becomes byte tokens <0xNN>, or the unknown token (one
/// for a run) where the vocabulary has not all byte tokens.
class SentencePieceTokenizer final : public VocabularyTokenizer {
 public:
  explicit SentencePieceTokenizer(Vocabulary vocabulary);

 protected:
  void encode_stretch(Stretch stretch, Encoding& encoding) const override;
  std::string text_of(std::string_view piece) const override;
  bool puts_space_in_front() const override { return vocabulary().adds_space_prefix; }

 private:
  // A word as it is merged: its bytes in the text, and whether a space goes in front.
  struct Word {
    std::string_view text;
    std::size_t position;
    bool has_space_in_front;
  };

  void encode_word(const Word& word, Encoding& encoding) const;
  void merge_text(std::string_view text, std::int32_t excluded, std::vector<MergePart>& parts,
                  std::vector<std::uint64_t>& queue) const;
  void emit(std::string_view part, std::int32_t token, const Word& word, Encoding& encoding) const;
  void emit_without(std::string_view part, std::int32_t excluded, const Word& word,
                    Encoding& encoding) const;
  void emit_fallback(std::string_view part, const Word& word, Encoding& encoding) const;
  [[noreturn]] void refuse(std::string_view part, const Word& word, const Encoding& encoding) const;
  std::int32_t find(std::string_view piece) const;

  std::vector<std::uint32_t> priorities_;  // by token
  std::size_t longest_piece_ = 0;          // bytes
  bool has_separate_words_ = true;  // no piece crosses words, so they can be merged one by one
  std::array<std::int32_t, 256> byte_tokens_{};
  bool has_all_bytes_ = false;
};

SentencePieceTokenizer::SentencePieceTokenizer(Vocabulary given)
    : VocabularyTokenizer(std::move(given)) {
  const Vocabulary& vocabulary = this->vocabulary();
  if (vocabulary.scores.empty()) {
    throw Error(ErrorKind::Input, "the SentencePiece vocabulary has no scores")
        .hint("tokenizer.ggml.scores must hold a number for each token");
  }
  byte_tokens_.fill(kNoToken);
  priorities_.resize(vocabulary.pieces.size());
  for (std::size_t i = 0; i < vocabulary.pieces.size(); ++i) {
    const std::string_view piece = vocabulary.pieces[i];
    const auto token = static_cast<std::int32_t>(i);
    if (std::isnan(vocabulary.scores[i])) {
      throw Error(ErrorKind::Input, "the score of token " + std::to_string(i) + " is not a number");
    }
    priorities_[i] = priority_of(vocabulary.scores[i]);
    if (type_of(token) == Vocabulary::TokenType::Byte) {
      byte_tokens_[static_cast<std::size_t>(byte_token_value(piece))] = token;
    }
    if (!is_text(token) || piece.empty()) continue;
    longest_piece_ = std::max(longest_piece_, piece.size());
    if (crosses_words(piece)) has_separate_words_ = false;
  }
  has_all_bytes_ = std::ranges::find(byte_tokens_, kNoToken) == byte_tokens_.end();
}

std::string SentencePieceTokenizer::text_of(std::string_view piece) const {
  std::string text;
  while (!piece.empty()) {
    const bool is_space = piece.starts_with(kSpace);
    text.push_back(is_space ? ' ' : piece[0]);
    piece.remove_prefix(is_space ? kSpace.size() : 1);
  }
  return text;
}

std::int32_t SentencePieceTokenizer::find(std::string_view piece) const {
  return find_text(piece);
}

void SentencePieceTokenizer::encode_stretch(Stretch stretch, Encoding& encoding) const {
  std::size_t begin = 0;
  while (begin < stretch.text.size()) {
    const std::size_t end =
        has_separate_words_ ? spaced_word_end(stretch.text, begin) : stretch.text.size();
    encode_word({.text = stretch.text.substr(begin, end - begin),
                 .position = stretch.position + begin,
                 .has_space_in_front = begin == 0 && puts_space_in_front()},
                encoding);
    begin = end;
  }
}

void SentencePieceTokenizer::encode_word(const Word& word, Encoding& encoding) const {
  std::vector<std::int32_t>& tokens = encoding.tokens;
  const bool is_cached = !word.has_space_in_front;
  if (is_cached) {
    if (const auto known = encoding.cache.find(word.text)) {
      for (std::size_t i = 0; i < known->count; ++i) tokens.push_back(tokens[known->begin + i]);
      return;
    }
  }
  if (word.text.size() > kLongestWord) {
    throw Error(ErrorKind::Input, "the text has a word of more than 1 GiB")
        .at({}, 0, "byte " + std::to_string(word.position));
  }
  encoding.normalized.assign(word.has_space_in_front ? kSpace : std::string_view());
  for (const char byte : word.text) {
    if (byte == ' ') {
      encoding.normalized += kSpace;
    } else {
      encoding.normalized += byte;
    }
  }
  const std::size_t begin = tokens.size();
  encoding.has_unknown = false;
  const std::string_view text = encoding.normalized;
  auto& parts = encoding.parts;
  merge_text(text, kNoToken, parts, encoding.queue);
  for (std::uint32_t i = 0; i != MergePart::kNone; i = parts[i].next) {
    emit(text.substr(parts[i].begin, parts[i].length), parts[i].token, word, encoding);
  }
  // Unknown tokens run together with what stands before, so such words are not the same everywhere.
  if (is_cached && !encoding.has_unknown)
    encoding.cache.remember(word.text, {begin, tokens.size() - begin});
}

void SentencePieceTokenizer::merge_text(std::string_view text, std::int32_t excluded,
                                        std::vector<MergePart>& parts,
                                        std::vector<std::uint64_t>& queue) const {
  parts.clear();
  for (std::size_t begin = 0; begin < text.size();) {
    const Utf8Sequence sequence = read_utf8(text.substr(begin));
    const bool is_valid = sequence.state == Utf8Sequence::State::Valid;
    const std::size_t length = is_valid ? sequence.length : 1;
    append_part(parts, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(length),
                find(text.substr(begin, length)));
    begin += length;
  }
  merge_pairs(parts, queue, [&](const MergePart& left, const MergePart& right) -> PairMerge {
    const std::size_t length = std::size_t{left.length} + right.length;
    if (length > longest_piece_) return {};
    const std::int32_t token = find(text.substr(left.begin, length));
    if (token == kNoToken || token == excluded) return {};
    return {priorities_[static_cast<std::size_t>(token)], token};
  });
}

void SentencePieceTokenizer::emit(std::string_view part, std::int32_t token, const Word& word,
                                  Encoding& encoding) const {
  if (token == kNoToken) {
    emit_fallback(part, word, encoding);
  } else if (type_of(token) == Vocabulary::TokenType::Unused) {
    emit_without(part, token, word, encoding);
  } else {
    encoding.tokens.push_back(token);
  }
}

// An unused piece serves as a step to longer ones, but what remains of it is taken apart again into
// the two that it was joined from: those that remain when the same text is merged without it.
void SentencePieceTokenizer::emit_without(std::string_view part, std::int32_t excluded,
                                          const Word& word, Encoding& encoding) const {
  std::vector<MergePart> parts;
  std::vector<std::uint64_t> queue;
  merge_text(part, excluded, parts, queue);
  if (parts[0].next == MergePart::kNone) {  // a single character
    encoding.tokens.push_back(excluded);
    return;
  }
  for (std::uint32_t i = 0; i != MergePart::kNone; i = parts[i].next) {
    emit(part.substr(parts[i].begin, parts[i].length), parts[i].token, word, encoding);
  }
}

void SentencePieceTokenizer::emit_fallback(std::string_view part, const Word& word,
                                           Encoding& encoding) const {
  std::vector<std::int32_t>& tokens = encoding.tokens;
  if (has_all_bytes_) {
    for (const char byte : part) tokens.push_back(byte_tokens_[static_cast<unsigned char>(byte)]);
    return;
  }
  const bool is_valid = read_utf8(part).state == Utf8Sequence::State::Valid;
  if (!is_valid || !vocabulary().unknown) refuse(part, word, encoding);
  if (encoding.unknown_end != tokens.size() || tokens.empty())
    tokens.push_back(*vocabulary().unknown);
  encoding.unknown_end = tokens.size();
  encoding.has_unknown = true;
}

void SentencePieceTokenizer::refuse(std::string_view part, const Word& word,
                                    const Encoding& encoding) const {
  // From a place in the normalised word to one in the text, where spaces are one byte.
  const auto place = static_cast<std::size_t>(part.data() - encoding.normalized.data());
  std::size_t normalized = word.has_space_in_front ? kSpace.size() : 0;
  std::size_t position = 0;
  while (normalized < place) normalized += word.text[position++] == ' ' ? kSpace.size() : 1;
  const bool is_valid = read_utf8(part).state == Utf8Sequence::State::Valid;
  throw Error(ErrorKind::Input, is_valid ? "the vocabulary has no token for " + quoted(part)
                                         : std::string("the text is not valid UTF-8"))
      .at({}, 0, "byte " + std::to_string(word.position + position))
      .hint("this vocabulary has no tokens for single bytes; take the character out of the text");
}

}  // namespace

std::unique_ptr<Tokenizer> make_sentence_piece_tokenizer(Vocabulary vocabulary) {
  return std::make_unique<SentencePieceTokenizer>(std::move(vocabulary));
}

}  // namespace tenon::text
