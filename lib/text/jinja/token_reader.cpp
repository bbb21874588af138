#include "text/jinja/token_reader.h"

#include <algorithm>

namespace tenon::text::jinja {

const Token& TokenReader::peek(std::size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

Token TokenReader::take() {
  if (at_ + 1 == tokens_.size()) return tokens_.back();
  return tokens_[at_++];
}

bool TokenReader::is_operator(std::string_view text, std::size_t ahead) const {
  return peek(ahead).kind == TokenKind::Operator && peek(ahead).text == text;
}

bool TokenReader::is_name(std::string_view text, std::size_t ahead) const {
  return peek(ahead).kind == TokenKind::Name && peek(ahead).text == text;
}

bool TokenReader::skip_operator(std::string_view text) {
  if (!is_operator(text)) return false;
  take();
  return true;
}

bool TokenReader::skip_name(std::string_view text) {
  if (!is_name(text)) return false;
  take();
  return true;
}

void TokenReader::expect_operator(std::string_view text) {
  if (!skip_operator(text)) fail_expected('"' + std::string(text) + '"');
}

void TokenReader::expect_name(std::string_view text) {
  if (!skip_name(text)) fail_expected('"' + std::string(text) + '"');
}

std::string TokenReader::expect_any_name(std::string_view what) {
  if (peek().kind != TokenKind::Name) fail_expected(what);
  return take().text;
}

void TokenReader::expect(TokenKind kind, std::string_view what) {
  if (peek().kind != kind) fail_expected(what);
  take();
}

namespace {

std::string describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::End:
      return "the end of the template";
    case TokenKind::Text:
      return "text";
    case TokenKind::PrintBegin:
      return "\"{{\"";
    case TokenKind::PrintEnd:
      return "\"}}\"";
    case TokenKind::BlockBegin:
      return "\"{%\"";
    case TokenKind::BlockEnd:
      return "\"%}\"";
    case TokenKind::Integer:
    case TokenKind::Float:
      return "a number";
    case TokenKind::String:
      return "the string " + quoted(token.text, 40);
    case TokenKind::Name:
    case TokenKind::Operator:
      return quoted(token.text, 40);
  }
  return {};
}

}  // namespace

void TokenReader::fail_expected(std::string_view what) const {
  throw syntax_error("expected " + std::string(what) + ", found " + describe(peek()),
                     peek().position);
}

bool TokenReader::mentions(std::string_view name, std::size_t begin) const {
  return std::any_of(
      tokens_.begin() + static_cast<std::ptrdiff_t>(begin),
      tokens_.begin() + static_cast<std::ptrdiff_t>(at_),
      [name](const Token& token) { return token.kind == TokenKind::Name && token.text == name; });
}

Symbol TokenReader::symbol(const std::string& name) {
  const auto [found, is_new] =
      symbols_.try_emplace(name, static_cast<Symbol>(template_.names.size()));
  if (is_new) template_.names.push_back(name);
  return found->second;
}

std::int32_t TokenReader::constant(ConstantValue value) {
  template_.constants.push_back(std::move(value));
  return static_cast<std::int32_t>(template_.constants.size() - 1);
}

TokenReader::Nesting::Nesting(TokenReader& reader) : reader_(reader) {
  if (reader.depth_ >= kMaxNesting)
    throw syntax_error("nested more than " + std::to_string(kMaxNesting) + " deep",
                       reader.peek().position);
  ++reader.depth_;
}

}  // namespace tenon::text::jinja
