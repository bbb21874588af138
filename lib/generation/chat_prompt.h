#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/chat_template.h"
#include "text/special_tokens.h"
#include "text/tokenizer.h"

namespace tenon::generation {

/// Turns conversations into the tokens that a model was trained on.
///
/// Control tokens come from the template alone: "<|im_end|>" written in a message is a row of ordinary
/// characters and cannot close the message or open another one. Where no message holds the name of a
/// control token the ids are those of the whole rendered text with special tokens parsed, as Hugging
/// Face and llama.cpp make them. Roles are words of letters, digits, '-' and '_'.
class ChatPrompt {
 public:
  /// Throws Error(Input) where the vocabulary has no template, and what ChatTemplate throws.
  /// `date`: see text::ChatVariables. `tokenizer` must outlive this.
  ChatPrompt(const text::Tokenizer& tokenizer, std::string date);

  /// The tokens up to where the answer begins. Throws Error(Input): no message, a role that is no word,
  /// what the template refuses, and a message with the name of a control token in a template that does not
  /// show where its messages stand.
  std::vector<std::int32_t> encode(const std::vector<text::ChatMessage>& messages) const;

 private:
  /// A part of the rendered text that came out of a message.
  struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::optional<std::vector<Span>> content_spans(const std::vector<text::ChatMessage>& messages,
                                                 const std::string& rendered) const;
  std::vector<std::int32_t> encode_parts(const std::string& rendered,
                                         const std::vector<Span>& contents) const;
  bool names_special_token(std::string_view text) const;
  bool is_user_defined(std::int32_t token) const;
  static bool touches(const std::vector<Span>& spans, std::size_t begin, std::size_t end);

  const text::Tokenizer& tokenizer_;
  text::SpecialTokens special_tokens_;
  text::ChatTemplate template_;
  text::ChatVariables variables_;
};

}  // namespace tenon::generation
