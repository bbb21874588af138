#include "text/vocabulary_tokenizer.h"

#include <algorithm>

#include "base/error.h"
#include "text/vocabulary_check.h"

namespace tenon::text {
namespace {

using TokenType = Vocabulary::TokenType;

// Names of the tokens that end an answer in published models. The vocabulary names one or two of
// them; models emit the others as well.
constexpr std::string_view kEndNames[] = {
    "<|im_end|>",          // ChatML, Qwen, SmolLM
    "<|eot_id|>",          // Llama 3
    "<|eom_id|>",          // Llama 3.1, before a tool call
    "<|end_of_text|>",     // Llama 3 base, Granite
    "<|endoftext|>",       // GPT-2 and its descendants
    "<|end|>",             // Phi 3
    "<|eot|>",             // Llama 4
    "<end_of_turn>",       // Gemma
    "<end_of_utterance>",  // SmolVLM
    "<eos>",               // Gemma base
    "</s>",                // Llama 1 and 2, Mistral
    "<EOT>",               // Code Llama
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<｜end▁of▁sentence｜>",  // DeepSeek
};

bool is_special(TokenType type) {
  return type == TokenType::Control || type == TokenType::Unknown;
}

}  // namespace

VocabularyTokenizer::VocabularyTokenizer(Vocabulary vocabulary)
    : vocabulary_(std::move(vocabulary)),
      pieces_(check_vocabulary(vocabulary_)),
      special_tokens_(vocabulary_) {
  collect_ends();
}

void VocabularyTokenizer::collect_ends() {
  if (vocabulary_.eos) ends_.push_back(*vocabulary_.eos);
  if (vocabulary_.end_of_turn) ends_.push_back(*vocabulary_.end_of_turn);
  for (std::int32_t token = 0; token < static_cast<std::int32_t>(vocabulary_.types.size());
       ++token) {
    if (type_of(token) != TokenType::Control) continue;
    const std::string& name = vocabulary_.pieces[static_cast<std::size_t>(token)];
    if (std::ranges::find(kEndNames, name) != std::ranges::end(kEndNames)) ends_.push_back(token);
  }
  std::ranges::sort(ends_);
}

Vocabulary::TokenType VocabularyTokenizer::type_of(std::int32_t token) const {
  return vocabulary_.types.empty() ? TokenType::Normal
                                   : vocabulary_.types[static_cast<std::size_t>(token)];
}

bool VocabularyTokenizer::is_text(std::int32_t token) const {
  const TokenType type = type_of(token);
  return type == TokenType::Normal || type == TokenType::Unused;
}

std::vector<std::int32_t> VocabularyTokenizer::encode(std::string_view text,
                                                      const EncodeOptions& options) const {
  Encoding encoding(text.size());
  std::vector<std::int32_t>& tokens = encoding.tokens;
  tokens.reserve(text.size() / 4 + 2);
  std::size_t position = 0;
  auto match = special_tokens_.find(text, position, options.parse_special);

  const bool begins_with_bos = match && match->begin == 0 && match->token == vocabulary_.bos;
  if (options.add_bos && vocabulary_.adds_bos && !begins_with_bos)
    tokens.push_back(*vocabulary_.bos);
  while (match) {
    if (match->begin > position) {
      encode_stretch({text.substr(position, match->begin - position), position}, encoding);
    }
    tokens.push_back(match->token);
    position = match->begin + match->length;
    match = special_tokens_.find(text, position, options.parse_special);
  }
  if (position < text.size()) encode_stretch({text.substr(position), position}, encoding);

  const bool ends_with_eos = !tokens.empty() && tokens.back() == vocabulary_.eos;
  if (options.add_eos && vocabulary_.adds_eos && !ends_with_eos) tokens.push_back(*vocabulary_.eos);
  return std::move(tokens);
}

std::string VocabularyTokenizer::piece(std::int32_t token, bool show_special) const {
  if (token < 0 || token >= size()) {
    throw Error(ErrorKind::Input, "token " + std::to_string(token) + " is outside the vocabulary")
        .hint("tokens of this model are 0 to " + std::to_string(size() - 1));
  }
  const std::string& text = vocabulary_.pieces[static_cast<std::size_t>(token)];
  switch (type_of(token)) {
    case TokenType::Control:
    case TokenType::Unknown:
      return show_special ? text : std::string();
    case TokenType::UserDefined:
      return text;
    case TokenType::Byte:
      return std::string(1, static_cast<char>(byte_token_value(text)));
    case TokenType::Normal:
    case TokenType::Unused:
      break;
  }
  return text_of(text);
}

std::string VocabularyTokenizer::decode(std::span<const std::int32_t> tokens,
                                        bool show_special) const {
  std::string text;
  bool begins_stretch = true;
  for (const std::int32_t token : tokens) {
    const std::string bytes = piece(token, show_special);
    const TokenType type = type_of(token);
    if (is_special(type) || type == TokenType::UserDefined) {
      begins_stretch = true;
      text += bytes;
      continue;
    }
    const bool drops_space = begins_stretch && puts_space_in_front() && bytes.starts_with(' ');
    text.append(bytes, drops_space ? 1 : 0);
    begins_stretch = false;
  }
  return text;
}

bool VocabularyTokenizer::ends_generation(std::int32_t token) const {
  return std::ranges::binary_search(ends_, token);
}

}  // namespace tenon::text
