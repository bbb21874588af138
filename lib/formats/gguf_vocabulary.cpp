#include "formats/gguf_vocabulary.h"

#include <algorithm>
#include <array>
#include <limits>

#include "text/pre_tokenizer.h"

namespace tenon::formats {

namespace {

using text::Vocabulary;

constexpr std::string_view kModel = "tokenizer.ggml.model";
constexpr std::string_view kPre = "tokenizer.ggml.pre";
constexpr std::string_view kTokens = "tokenizer.ggml.tokens";
constexpr std::string_view kScores = "tokenizer.ggml.scores";
constexpr std::string_view kTypes = "tokenizer.ggml.token_type";
constexpr std::string_view kMerges = "tokenizer.ggml.merges";

// What ends a chat answer in files without tokenizer.ggml.eot_token_id, most telling first.
constexpr std::array<std::string_view, 6> kEndOfTurnNames = {
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<EOT>", "<|endoftext|>"};

Vocabulary::Kind read_kind(const GgufMetadata& metadata) {
  const std::string_view model = metadata.require_string(kModel);
  if (model == "gpt2") return Vocabulary::Kind::BytePairs;
  if (model == "llama") return Vocabulary::Kind::SentencePiece;
  throw Error(ErrorKind::Unsupported, "the tokenizer " + quoted(model) + " is not supported")
      .at(metadata.origin(), 0, std::string(kModel))
      .hint("supported: gpt2 (byte-level byte pairs), llama (SentencePiece)");
}

std::vector<std::string> read_merges(const GgufMetadata& metadata) {
  const auto merges = metadata.find_strings(kMerges);
  if (!merges) return {};
  return {merges->begin(), merges->end()};
}

void check_length(const GgufMetadata& metadata, std::string_view key, std::size_t length,
                  std::size_t tokens) {
  if (length != tokens)
    throw metadata.error(key, "has " + std::to_string(length) + " elements, there are " +
                                  std::to_string(tokens) + " tokens");
}

std::vector<float> read_scores(const GgufMetadata& metadata, std::size_t tokens) {
  const auto scores = metadata.find_f64s(kScores);
  if (!scores) return {};
  check_length(metadata, kScores, scores->size(), tokens);
  std::vector<float> result;
  result.reserve(tokens);
  for (const double score : *scores) result.push_back(static_cast<float>(score));
  return result;
}

std::vector<Vocabulary::TokenType> read_types(const GgufMetadata& metadata, std::size_t tokens) {
  const auto types = metadata.find_i64s(kTypes);
  if (!types) return {};
  check_length(metadata, kTypes, types->size(), tokens);
  std::vector<Vocabulary::TokenType> result;
  result.reserve(tokens);
  for (std::size_t i = 0; i < tokens; ++i) {
    const std::int64_t type = (*types)[i];
    if (type < 0 || type > 6)
      throw metadata.error(
          kTypes, "token " + std::to_string(i) + " has the unknown type " + std::to_string(type));
    // 0 is "undefined": converters write it for ordinary tokens.
    result.push_back(static_cast<Vocabulary::TokenType>(std::max<std::int64_t>(type, 1)));
  }
  return result;
}

// A special token's number; empty where there is none. Files write "none" as -1, of either width.
std::optional<std::int32_t> read_token(const GgufMetadata& metadata, std::string_view name,
                                       std::size_t tokens, std::optional<std::int32_t> otherwise) {
  const std::string key = "tokenizer.ggml." + std::string(name);
  const auto id = metadata.find_i64(key);
  if (!id) return otherwise;
  if (*id == -1 || *id == std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  if (*id < 0 || static_cast<std::uint64_t>(*id) >= tokens)
    throw metadata.error(key, "is token " + std::to_string(*id) + ", there are " +
                                  std::to_string(tokens) + " tokens");
  return static_cast<std::int32_t>(*id);
}

// Padding is never generated nor read here, and published files name paddings that they lack.
std::optional<std::int32_t> read_padding(const GgufMetadata& metadata, std::size_t tokens) {
  const auto id = metadata.find_i64("tokenizer.ggml.padding_token_id");
  if (!id || *id < 0 || static_cast<std::uint64_t>(*id) >= tokens) return std::nullopt;
  return static_cast<std::int32_t>(*id);
}

std::optional<std::int32_t> find_end_of_turn(const Vocabulary& vocabulary) {
  for (const std::string_view name : kEndOfTurnNames) {
    const auto found = std::ranges::find(vocabulary.pieces, name);
    if (found == vocabulary.pieces.end()) continue;
    const auto id = static_cast<std::size_t>(found - vocabulary.pieces.begin());
    // An ordinary token may spell such a name too; it ends nothing.
    if (!vocabulary.types.empty() && vocabulary.types[id] == Vocabulary::TokenType::Normal)
      continue;
    return static_cast<std::int32_t>(id);
  }
  return std::nullopt;
}

void read_special_tokens(const GgufMetadata& metadata, Vocabulary& vocabulary) {
  const std::size_t tokens = vocabulary.pieces.size();
  const bool is_sentence_piece = vocabulary.kind == Vocabulary::Kind::SentencePiece;
  const auto usual = [&](std::int32_t id) {
    const bool is_there = is_sentence_piece && static_cast<std::size_t>(id) < tokens;
    return is_there ? std::optional(id) : std::nullopt;
  };
  vocabulary.unknown = read_token(metadata, "unknown_token_id", tokens, usual(0));
  vocabulary.bos = read_token(metadata, "bos_token_id", tokens, usual(1));
  vocabulary.eos = read_token(metadata, "eos_token_id", tokens, usual(2));
  vocabulary.padding = read_padding(metadata, tokens);
  vocabulary.end_of_turn =
      read_token(metadata, "eot_token_id", tokens, find_end_of_turn(vocabulary));
}

void read_rules(const GgufMetadata& metadata, Vocabulary& vocabulary) {
  const bool is_sentence_piece = vocabulary.kind == Vocabulary::Kind::SentencePiece;
  const bool adds_bos = is_sentence_piece || text::adds_bos_by_default(vocabulary.pre_tokenizer);
  const auto rule = [&](const char* name, bool otherwise) {
    return metadata.find_bool("tokenizer.ggml." + std::string(name)).value_or(otherwise);
  };
  vocabulary.adds_bos = rule("add_bos_token", adds_bos);
  vocabulary.adds_eos = rule("add_eos_token", false);
  vocabulary.adds_space_prefix = rule("add_space_prefix", is_sentence_piece);
  if (vocabulary.adds_bos && !vocabulary.bos)
    throw metadata.error("tokenizer.ggml.bos_token_id",
                         "the vocabulary wants a beginning of text, but names no token for it");
  if (vocabulary.adds_eos && !vocabulary.eos)
    throw metadata.error("tokenizer.ggml.eos_token_id",
                         "the vocabulary wants an end of text, but names no token for it");
}

}  // namespace

bool has_vocabulary(const GgufMetadata& metadata) {
  return metadata.has(kTokens) || metadata.find_string(kModel).value_or("none") != "none";
}

text::Vocabulary read_vocabulary(const GgufMetadata& metadata) {
  Vocabulary vocabulary;
  vocabulary.kind = read_kind(metadata);
  vocabulary.pre_tokenizer = metadata.find_string(kPre).value_or("default");
  const auto pieces = metadata.require_strings(kTokens);
  vocabulary.pieces.assign(pieces.begin(), pieces.end());
  const std::size_t tokens = vocabulary.pieces.size();
  if (tokens == 0) throw metadata.error(kTokens, "the vocabulary is empty");
  if (tokens > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    throw metadata.error(kTokens, "the vocabulary has more tokens than 32-bit numbers reach");
  vocabulary.scores = read_scores(metadata, tokens);
  vocabulary.types = read_types(metadata, tokens);
  vocabulary.merges = read_merges(metadata);
  read_special_tokens(metadata, vocabulary);
  read_rules(metadata, vocabulary);
  vocabulary.chat_template = metadata.find_string("tokenizer.chat_template").value_or("");
  return vocabulary;
}

}  // namespace tenon::formats
