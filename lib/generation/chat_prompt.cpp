#include "generation/chat_prompt.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace tenon::generation {

namespace {

// White space that a template may trim off a message, as Jinja's `trim` does for ASCII.
constexpr std::string_view kSpaces = " \t\n\v\f\r";

std::string utf8(char32_t code) {  // of the private use area: three bytes
  return {static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)),
          static_cast<char>(0x80 | (code & 0x3F))};
}

bool is_anywhere(const std::string& text, const std::vector<text::ChatMessage>& messages) {
  return std::any_of(messages.begin(), messages.end(), [&](const text::ChatMessage& message) {
    return message.content.find(text) != std::string::npos;
  });
}

/// Marks for the begin and the end of a message that stand in none.
struct Marks {
  std::string begin, end;

  static Marks unused_in(const std::vector<text::ChatMessage>& messages) {
    constexpr char32_t kFirst = 0xE000, kLast = 0xF8FF;
    std::vector<std::string> free;
    for (char32_t code = kFirst; code <= kLast && free.size() < 2; ++code)
      if (!is_anywhere(utf8(code), messages)) free.push_back(utf8(code));
    if (free.size() < 2) return {};
    return {free[0], free[1]};
  }
};

// Marks inside the white space around a text, so that a template can still trim that.
std::string marked(const std::string& content, const Marks& marks) {
  const std::size_t begin = content.find_first_not_of(kSpaces);
  if (begin == std::string::npos) return content;
  const std::size_t end = content.find_last_not_of(kSpaces) + 1;
  return content.substr(0, begin) + marks.begin + content.substr(begin, end - begin) + marks.end +
         content.substr(end);
}

void check_role(const std::string& role) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  if (!role.empty() && std::all_of(role.begin(), role.end(), is_word)) return;
  throw Error(ErrorKind::Input, "the role " + quoted(role) + " is not a word")
      .hint("usual roles are system, user and assistant");
}

}  // namespace

ChatPrompt::ChatPrompt(const text::Tokenizer& tokenizer, std::string date)
    : tokenizer_(tokenizer), special_tokens_(tokenizer.vocabulary()), template_([&] {
        if (tokenizer.vocabulary().chat_template.empty())
          throw Error(ErrorKind::Input, "the model has no chat template")
              .hint("it was not trained to chat; without --chat it continues a text");
        return text::ChatTemplate(tokenizer.vocabulary().chat_template);
      }()) {
  const text::Vocabulary& vocabulary = tokenizer.vocabulary();
  if (vocabulary.bos) variables_.bos_token = tokenizer.piece(*vocabulary.bos, true);
  if (vocabulary.eos) variables_.eos_token = tokenizer.piece(*vocabulary.eos, true);
  variables_.date = std::move(date);
}

std::vector<std::int32_t> ChatPrompt::encode(const std::vector<text::ChatMessage>& messages) const {
  if (messages.empty()) throw Error(ErrorKind::Input, "the conversation has no message");
  for (const text::ChatMessage& message : messages) check_role(message.role);
  const std::string rendered = template_.render(messages, variables_);
  const auto is_suspect = [&](const text::ChatMessage& message) {
    return names_special_token(message.content);
  };
  if (const auto contents = content_spans(messages, rendered))
    return encode_parts(rendered, *contents);
  if (std::none_of(messages.begin(), messages.end(), is_suspect))
    return tokenizer_.encode(rendered, {.add_bos = true, .parse_special = true});
  throw Error(ErrorKind::Input,
              "a message holds the name of a control token, and the model's chat template changes "
              "messages so that it cannot be told from the template's own")
      .hint("leave the name out of the message");
}

// Renders again with marks around what messages hold. Where taking the marks out gives the same text,
// they have shown where the messages stand in it.
std::optional<std::vector<ChatPrompt::Span>> ChatPrompt::content_spans(
    const std::vector<text::ChatMessage>& messages, const std::string& rendered) const {
  const Marks marks = Marks::unused_in(messages);
  if (marks.begin.empty() || rendered.find(marks.begin) != std::string::npos ||
      rendered.find(marks.end) != std::string::npos)
    return std::nullopt;
  std::vector<text::ChatMessage> marked_messages = messages;
  for (text::ChatMessage& message : marked_messages)
    message.content = marked(message.content, marks);
  std::string text;
  try {
    text = template_.render(marked_messages, variables_);
  } catch (const Error&) {
    return std::nullopt;  // a template that looks into its messages may refuse the marks
  }

  std::string plain;
  std::vector<Span> spans;
  std::optional<std::size_t> open;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = std::string_view(text).substr(i);
    if (!rest.starts_with(marks.begin) && !rest.starts_with(marks.end)) {
      plain += text[i++];
      continue;
    }
    const bool is_begin = rest.starts_with(marks.begin);
    if (is_begin == open.has_value()) return std::nullopt;
    if (open) spans.push_back({*open, plain.size()});
    open = is_begin ? std::optional(plain.size()) : std::nullopt;
    i += marks.begin.size();
  }
  if (open || plain != rendered) return std::nullopt;
  return spans;
}

// Control tokens outside of messages become themselves; what stands between them is ordinary text,
// across the border of template and message too.
std::vector<std::int32_t> ChatPrompt::encode_parts(const std::string& rendered,
                                                   const std::vector<Span>& contents) const {
  const std::string_view text = rendered;
  std::vector<std::int32_t> tokens;
  const auto add_text = [&](std::size_t begin, std::size_t end) {
    if (begin == end) return;
    const auto part = tokenizer_.encode(text.substr(begin, end - begin), {.add_bos = false});
    tokens.insert(tokens.end(), part.begin(), part.end());
  };
  std::size_t done = 0, searched = 0;
  while (const auto match = special_tokens_.find(text, searched, true)) {
    const std::size_t end = match->begin + match->length;
    if (is_user_defined(match->token)) {
      searched = end;  // part of ordinary text, wherever it stands
    } else if (touches(contents, match->begin, end)) {
      searched = match->begin + 1;
    } else {
      add_text(done, match->begin);
      tokens.push_back(match->token);
      done = searched = end;
    }
  }
  add_text(done, text.size());
  const text::Vocabulary& vocabulary = tokenizer_.vocabulary();
  const bool begins_with_bos = !tokens.empty() && tokens.front() == vocabulary.bos;
  if (vocabulary.adds_bos && !begins_with_bos) tokens.insert(tokens.begin(), *vocabulary.bos);
  return tokens;
}

bool ChatPrompt::is_user_defined(std::int32_t token) const {
  return tokenizer_.vocabulary().types[static_cast<std::size_t>(token)] ==
         text::Vocabulary::TokenType::UserDefined;
}

bool ChatPrompt::names_special_token(std::string_view text) const {
  std::size_t searched = 0;
  while (const auto match = special_tokens_.find(text, searched, true)) {
    if (!is_user_defined(match->token)) return true;
    searched = match->begin + match->length;
  }
  return false;
}

bool ChatPrompt::touches(const std::vector<Span>& spans, std::size_t begin, std::size_t end) {
  return std::any_of(spans.begin(), spans.end(),
                     [&](const Span& span) { return begin < span.end && span.begin < end; });
}

}  // namespace tenon::generation
