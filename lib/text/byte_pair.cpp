#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>

#include "base/error.h"
#include "text/byte_alphabet.h"
#include "text/merge_table.h"
#include "text/pre_tokenizer.h"
#include "text/vocabulary_tokenizer.h"

namespace tenon::text {
namespace {

constexpr std::int32_t kNoToken = PieceTable::kNone;
// Positions within a word are 32-bit numbers.
constexpr std::size_t kLongestWord = std::numeric_limits<std::uint32_t>::max() - 1;

/// Byte-level byte-pair encoding (Radford et al. 2019, "Language models are unsupervised multitask
/// learners", section 2.2): text is cut into words by the rule of the vocabulary, each byte of a
/// word is a token, and neighbours are merged in the order of the vocabulary's list of merges.
class BytePairTokenizer final : public VocabularyTokenizer {
 public:
  BytePairTokenizer(Vocabulary vocabulary, PreTokenizer pre_tokenizer);

 protected:
  void encode_stretch(Stretch stretch, Encoding& encoding) const override;
  std::string text_of(std::string_view piece) const override { return alphabet_to_bytes(piece); }

 private:
  void read_merges();
  void encode_word(std::string_view word, std::size_t position, Encoding& encoding) const;
  void merge_word(std::string_view word, std::size_t position, Encoding& encoding) const;
  [[noreturn]] void refuse_byte(std::uint8_t byte, std::size_t position) const;

  PreTokenizer pre_tokenizer_;
  std::array<std::int32_t, 256> byte_tokens_{};
  MergeTable merges_;
};

BytePairTokenizer::BytePairTokenizer(Vocabulary given, PreTokenizer pre_tokenizer)
    : VocabularyTokenizer(std::move(given)),
      pre_tokenizer_(pre_tokenizer),
      merges_(vocabulary().merges.size()) {
  for (std::size_t byte = 0; byte < byte_tokens_.size(); ++byte) {
    const char bytes[1] = {static_cast<char>(byte)};
    byte_tokens_[byte] = find_text(bytes_to_alphabet({bytes, 1}));
  }
  read_merges();
}

void BytePairTokenizer::read_merges() {
  const auto& merges = vocabulary().merges;
  std::string whole;
  for (std::size_t i = 0; i < merges.size(); ++i) {
    const std::string_view merge = merges[i];
    const auto refuse = [&](const std::string& why) {
      return Error(ErrorKind::Input, "merge " + std::to_string(i) + " of the vocabulary is " +
                                         quoted(merge) + ", " + why)
          .hint("merges are two pieces with one space between, in the byte-level alphabet");
    };
    const std::size_t space = merge.find(' ');
    if (space == 0 || space == std::string_view::npos || space + 1 == merge.size() ||
        merge.find(' ', space + 1) != std::string_view::npos) {
      throw refuse("not two pieces");
    }
    const auto token_of = [&](std::string_view piece) {
      const std::int32_t token = pieces().find(piece);
      if (token == PieceTable::kNone) throw refuse("but " + quoted(piece) + " is no token");
      // Text must not become a control token, so such merges are left out.
      return is_text(token) ? token : kNoToken;
    };
    const std::int32_t left = token_of(merge.substr(0, space));
    const std::int32_t right = token_of(merge.substr(space + 1));
    whole.assign(merge);
    whole.erase(space, 1);
    const std::int32_t merged = token_of(whole);
    if (left == kNoToken || right == kNoToken || merged == kNoToken) continue;
    merges_.insert(left, right, {static_cast<std::uint32_t>(i), merged});
  }
}

void BytePairTokenizer::encode_stretch(Stretch stretch, Encoding& encoding) const {
  std::size_t begin = 0;
  while (begin < stretch.text.size()) {
    const std::size_t end = pre_tokenizer_.word_end(stretch.text, begin);
    encode_word(stretch.text.substr(begin, end - begin), stretch.position + begin, encoding);
    begin = end;
  }
}

void BytePairTokenizer::encode_word(std::string_view word, std::size_t position,
                                    Encoding& encoding) const {
  std::vector<std::int32_t>& tokens = encoding.tokens;
  if (word.size() == 1 && byte_tokens_[static_cast<unsigned char>(word[0])] != kNoToken) {
    tokens.push_back(byte_tokens_[static_cast<unsigned char>(word[0])]);
    return;
  }
  if (const auto known = encoding.cache.find(word)) {
    for (std::size_t i = 0; i < known->count; ++i) tokens.push_back(tokens[known->begin + i]);
    return;
  }
  const std::size_t begin = tokens.size();
  merge_word(word, position, encoding);
  encoding.cache.remember(word, {begin, tokens.size() - begin});
}

void BytePairTokenizer::merge_word(std::string_view word, std::size_t position,
                                   Encoding& encoding) const {
  if (pre_tokenizer_.ignores_merges) {
    const std::int32_t whole = find_text(bytes_to_alphabet(word));
    if (whole != kNoToken) {
      encoding.tokens.push_back(whole);
      return;
    }
  }
  if (word.size() > kLongestWord) {
    throw Error(ErrorKind::Input, "the text has a word of more than 4 GiB")
        .at({}, 0, "byte " + std::to_string(position));
  }
  auto& parts = encoding.parts;
  parts.clear();
  for (std::size_t i = 0; i < word.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(word[i]);
    if (byte_tokens_[byte] == kNoToken) refuse_byte(byte, position + i);
    append_part(parts, static_cast<std::uint32_t>(i), 1, byte_tokens_[byte]);
  }
  merge_pairs(parts, encoding.queue, [this](const MergePart& left, const MergePart& right) {
    return merges_.find(left.token, right.token);
  });
  for (std::uint32_t i = 0; i != MergePart::kNone; i = parts[i].next) {
    encoding.tokens.push_back(parts[i].token);
  }
}

void BytePairTokenizer::refuse_byte(std::uint8_t byte, std::size_t position) const {
  char name[8];
  std::snprintf(name, sizeof name, "0x%02X", byte);
  const auto missing = std::count(byte_tokens_.begin(), byte_tokens_.end(), kNoToken);
  throw Error(ErrorKind::Input, std::string("the vocabulary has no token for the byte ") + name)
      .at({}, 0, "byte " + std::to_string(position))
      .hint("this vocabulary lacks " + std::to_string(missing) +
            " of the 256 bytes; take the character out of the text");
}

}  // namespace

std::unique_ptr<Tokenizer> make_byte_pair_tokenizer(Vocabulary vocabulary) {
  const PreTokenizer pre_tokenizer = find_pre_tokenizer(vocabulary.pre_tokenizer);
  return std::make_unique<BytePairTokenizer>(std::move(vocabulary), pre_tokenizer);
}

}  // namespace tenon::text
