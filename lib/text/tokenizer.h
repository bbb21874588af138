#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::text {

/// What a file says of its tokens; filled by lib/formats.
struct Vocabulary {
  enum class Kind { BytePairs, SentencePiece };  // tokenizer.ggml.model "gpt2" and "llama"
  enum class TokenType : std::uint8_t { Normal = 1, Unknown, Control, UserDefined, Unused, Byte };

  Kind kind = Kind::BytePairs;
  std::string pre_tokenizer;        // tokenizer.ggml.pre: "smollm", "gpt-2", ...
  std::vector<std::string> pieces;  // as stored: byte-level alphabet or U+2581 for space
  std::vector<float> scores;        // SentencePiece; may be empty
  std::vector<TokenType> types;     // may be empty: all Normal
  std::vector<std::string> merges;  // byte pairs: "left right", best first
  std::optional<std::int32_t> bos, eos, unknown, padding, end_of_turn;  // eot: ends a chat answer
  bool adds_bos = false;  // tokenizer.ggml.add_bos_token or the kind's default
  bool adds_eos = false;
  bool adds_space_prefix = true;  // SentencePiece
  std::string chat_template;      // tokenizer.chat_template; may be empty
};

struct EncodeOptions {
  bool add_bos = true;         // where the vocabulary says so
  bool parse_special = false;  // "<|im_start|>" in the text becomes that control token
  bool add_eos = false;        // where the vocabulary says so; a prompt to be continued has no end
};

/// Text to token ids and back. Immutable after construction; safe to share between threads.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  virtual const Vocabulary& vocabulary() const = 0;
  /// Any bytes; invalid UTF-8 is kept byte by byte where the vocabulary has all bytes, and refused
  /// with Error(Input) naming the byte position otherwise. UserDefined tokens are split out of the
  /// text first, Control tokens only with `parse_special`. The beginning token is not added where
  /// the text, parsed so, begins with it.
  virtual std::vector<std::int32_t> encode(std::string_view text,
                                           const EncodeOptions& options = {}) const = 0;
  /// The bytes a token stands for; control tokens give their name if `show_special`, else nothing.
  /// May be a part of a UTF-8 character. Throws Error(Input) for a token outside the vocabulary.
  virtual std::string piece(std::int32_t token, bool show_special = false) const = 0;
  /// All bytes of a sequence; for SentencePiece without the spaces that encoding put in front of
  /// text, at the start and after special tokens. To show a continuation, join pieces instead.
  virtual std::string decode(std::span<const std::int32_t> tokens,
                             bool show_special = false) const = 0;
  virtual bool ends_generation(std::int32_t token) const = 0;  // eos, eot, <|im_end|>, ...
  std::int64_t size() const { return static_cast<std::int64_t>(vocabulary().pieces.size()); }
};

/// Throws Error(Unsupported) for an unknown pre-tokenizer (naming those there are), Error(Input)
/// for a vocabulary that contradicts itself.
std::unique_ptr<Tokenizer> make_tokenizer(Vocabulary vocabulary);

/// Turns pieces into text that can be shown at once: holds back the bytes of an unfinished UTF-8
/// character, and replaces bytes that can never become one by U+FFFD.
class Utf8Stream {
 public:
  /// What of the text so far has become whole.
  std::string push(std::string_view bytes);
  /// The rest, at the end of the text.
  std::string finish();

 private:
  std::string held_;
};

}  // namespace tenon::text
