#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "text/jinja/syntax_tree.h"

namespace tenon::text::jinja {

enum class TokenKind {
  End,
  Text,        // outside of tags, whitespace control already applied
  PrintBegin,  // {{
  PrintEnd,
  BlockBegin,  // {%
  BlockEnd,
  Name,
  String,  // escapes resolved
  Integer,
  Float,
  Operator,  // text holds it: "+", "//", "(", ...
};

struct Token {
  TokenKind kind = TokenKind::End;
  std::string text;
  std::int64_t integer = 0;
  double real = 0.0;
  Position position;
};

/// Cuts a template into tokens, the last one End. Whitespace control as Jinja's with trim_blocks
/// and lstrip_blocks: a newline behind a block or comment goes, blanks before one at the start of a
/// line go, "-" takes all whitespace on its side, "+" none. One newline at the very end of the
/// template goes too. Throws Error(Input) with the position.
std::vector<Token> tokenize(std::string_view source);

/// An error at a place of the template.
Error syntax_error(const std::string& message, Position position);

}  // namespace tenon::text::jinja
