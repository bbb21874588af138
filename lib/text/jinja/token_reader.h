#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/jinja/lexer.h"
#include "text/jinja/syntax_tree.h"

namespace tenon::text::jinja {

/// What both halves of the parser share: the tokens, the template under construction, and how deep
/// they are.
class TokenReader {
 public:
  /// Expressions inside expressions, and statements inside statements.
  static constexpr int kMaxNesting = 100;

  explicit TokenReader(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& peek(std::size_t ahead = 0) const;
  Token take();
  bool is_operator(std::string_view text, std::size_t ahead = 0) const;
  bool is_name(std::string_view text, std::size_t ahead = 0) const;
  bool skip_operator(std::string_view text);
  bool skip_name(std::string_view text);
  void expect_operator(std::string_view text);
  void expect_name(std::string_view text);
  std::string expect_any_name(std::string_view what);
  void expect(TokenKind kind, std::string_view what);
  /// "unexpected ..., expected WHAT" at the next token.
  [[noreturn]] void fail_expected(std::string_view what) const;

  std::size_t offset() const { return at_; }
  /// Whether a token from `begin` up to here is this name.
  bool mentions(std::string_view name, std::size_t begin) const;

  Symbol symbol(const std::string& name);
  std::int32_t constant(ConstantValue value);
  Template& target() { return template_; }

  /// Held while parsing something that can contain itself.
  class Nesting {
   public:
    explicit Nesting(TokenReader& reader);
    ~Nesting() { --reader_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    TokenReader& reader_;
  };

 private:
  std::vector<Token> tokens_;  // the last one is End
  std::size_t at_ = 0;
  int depth_ = 0;
  Template template_;
  std::unordered_map<std::string, Symbol> symbols_;
};

}  // namespace tenon::text::jinja
