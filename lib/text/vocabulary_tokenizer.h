#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/pair_merging.h"
#include "text/piece_table.h"
#include "text/special_tokens.h"
#include "text/tokenizer.h"
#include "text/word_cache.h"

namespace tenon::text {

/// What the kinds of tokenizer share: special tokens split out of the text, tokens at its ends, and
/// the way back to bytes. A kind adds how ordinary text becomes tokens.
///
/// - The beginning token comes first where the vocabulary adds one and the caller wants it, never
///   twice: not where the text, parsed for special tokens, begins with it. The end token likewise.
/// - Text never becomes a control token unless special tokens are parsed.
class VocabularyTokenizer : public Tokenizer {
 public:
  /// Throws Error(Input) for a vocabulary that contradicts itself.
  explicit VocabularyTokenizer(Vocabulary vocabulary);

  const Vocabulary& vocabulary() const final { return vocabulary_; }
  std::vector<std::int32_t> encode(std::string_view text, const EncodeOptions& options) const final;
  std::string piece(std::int32_t token, bool show_special) const final;
  std::string decode(std::span<const std::int32_t> tokens, bool show_special) const final;
  bool ends_generation(std::int32_t token) const final;

 protected:
  /// The working memory of one call of encode.
  struct Encoding {
    explicit Encoding(std::size_t text_bytes) : cache(text_bytes) {}

    std::vector<std::int32_t> tokens;  // the output
    WordCache cache;
    std::vector<MergePart> parts;
    std::vector<std::uint64_t> queue;
    std::string normalized;       // SentencePiece: the word with its spaces written as U+2581
    std::size_t unknown_end = 0;  // SentencePiece: tokens.size() just after an unknown token
    bool has_unknown = false;     // SentencePiece: whether the word at hand has one
  };

  /// A stretch of ordinary text between special tokens; never empty.
  struct Stretch {
    std::string_view text;
    std::size_t position;  // of its first byte in the whole text, for messages
  };

  virtual void encode_stretch(Stretch stretch, Encoding& encoding) const = 0;
  /// The bytes of a token of type Normal or Unused.
  virtual std::string text_of(std::string_view piece) const = 0;
  /// Whether encode_stretch puts a space in front of each stretch.
  virtual bool puts_space_in_front() const { return false; }

  Vocabulary::TokenType type_of(std::int32_t token) const;
  /// Whether ordinary text may become this token: Normal and Unused.
  bool is_text(std::int32_t token) const;
  /// Every piece that is not empty, also those of control tokens.
  const PieceTable& pieces() const { return pieces_; }
  /// The token that ordinary text may become and that reads so; PieceTable::kNone where there is
  /// none.
  std::int32_t find_text(std::string_view piece) const {
    const std::int32_t token = pieces_.find(piece);
    return token == PieceTable::kNone || is_text(token) ? token : PieceTable::kNone;
  }

 private:
  void collect_ends();

  Vocabulary vocabulary_;
  PieceTable pieces_;
  SpecialTokens special_tokens_;
  std::vector<std::int32_t> ends_;  // sorted
};

std::unique_ptr<Tokenizer> make_byte_pair_tokenizer(Vocabulary vocabulary);
std::unique_ptr<Tokenizer> make_sentence_piece_tokenizer(Vocabulary vocabulary);

}  // namespace tenon::text
