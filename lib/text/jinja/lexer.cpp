#include "text/jinja/lexer.h"

#include <array>
#include <charconv>
#include <utility>

#include "text/jinja/characters.h"
#include "text/jinja/string_literal.h"

namespace tenon::text::jinja {

Error syntax_error(const std::string& message, Position position) {
  return std::move(
      Error(ErrorKind::Input, message)
          .at("chat template", position.line, "column " + std::to_string(position.column)));
}

namespace {

bool is_ascii_digit(char c) {
  return c >= '0' && c <= '9';
}

// "\r\n" and "\r" become "\n"; one newline at the end goes.
std::string with_plain_newlines(std::string_view source) {
  std::string result;
  result.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      result += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      result += source[i];
    }
  }
  if (!result.empty() && result.back() == '\n') result.pop_back();
  return result;
}

std::size_t trimmed_end(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, bytes] = character_at(text, at);
    at += bytes;
    if (!is_space(code)) end = at;
  }
  return end;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(with_plain_newlines(source)) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) read_text_and_tag();
    add(TokenKind::End, at_);
    return std::move(tokens_);
  }

 private:
  std::string_view rest() const { return std::string_view(source_).substr(at_); }
  bool looking_at(std::string_view word) const { return rest().substr(0, word.size()) == word; }

  // Positions are asked for in order of offset, so the template is counted through once.
  Position position(std::size_t offset) {
    if (offset < counted_) counted_ = 0, counted_position_ = {};
    for (; counted_ < offset; ++counted_) {
      const auto byte = static_cast<unsigned char>(source_[counted_]);
      if (byte == '\n')
        counted_position_ = {.line = counted_position_.line + 1, .column = 1};
      else if ((byte & 0xC0u) != 0x80u)  // not inside a character
        ++counted_position_.column;
    }
    return counted_position_;
  }

  Token& add(TokenKind kind, std::size_t offset, std::string text = {}) {
    tokens_.push_back({.kind = kind, .text = std::move(text), .position = position(offset)});
    return tokens_.back();
  }

  [[noreturn]] void fail(const std::string& message, std::size_t offset) {
    throw syntax_error(message, position(offset));
  }

  // Text up to the next tag, then the tag.
  void read_text_and_tag() {
    const std::size_t begin = at_;
    std::size_t open = source_.find('{', begin);
    while (open != std::string::npos &&
           (open + 1 >= source_.size() ||
            std::string_view("{%#").find(source_[open + 1]) == std::string_view::npos))
      open = source_.find('{', open + 1);
    if (open == std::string::npos) {
      add(TokenKind::Text, begin, source_.substr(begin));
      at_ = source_.size();
      return;
    }
    const char kind = source_[open + 1];
    char sign = open + 2 < source_.size() ? source_[open + 2] : '\0';
    if (sign != '-' && sign != '+') sign = '\0';
    add_text(begin, open, sign, kind != '{');
    at_ = open + (sign == '\0' ? 2 : 3);
    if (kind == '#')
      skip_comment(open);
    else if (kind == '%' && is_raw_block())
      read_raw(open);
    else
      read_tag(open, kind == '{');
  }

  // The text [begin, end) before a tag with its sign; blanks before a tag alone on its line go.
  void add_text(std::size_t begin, std::size_t end, char sign, bool is_block) {
    std::string_view text = std::string_view(source_).substr(begin, end - begin);
    if (sign == '-') {
      text = text.substr(0, trimmed_end(text));
    } else if (sign == '\0' && is_block) {
      const std::size_t newline = text.rfind('\n');
      const std::size_t line = newline == std::string_view::npos ? 0 : newline + 1;
      const bool starts_line = line > 0 || begin == 0 || source_[begin - 1] == '\n';
      if (starts_line && trimmed_end(text.substr(line)) == 0) text = text.substr(0, line);
    }
    if (!text.empty()) add(TokenKind::Text, begin, std::string(text));
  }

  void skip_spaces() {
    while (at_ < source_.size()) {
      const auto [code, bytes] = character_at(source_, at_);
      if (!is_space(code)) return;
      at_ += bytes;
    }
  }

  // Behind "%}" or "#}": one newline goes; behind "-%}" all whitespace; behind "+%}" nothing.
  void finish_tag(char sign, bool trims_newline) {
    if (sign == '-')
      skip_spaces();
    else if (sign == '\0' && trims_newline && looking_at("\n"))
      ++at_;
  }

  void skip_comment(std::size_t open) {
    const std::size_t close = source_.find("#}", at_);
    if (close == std::string::npos) fail("the comment that begins here has no end \"#}\"", open);
    const char before = close > at_ ? source_[close - 1] : '\0';
    at_ = close + 2;
    finish_tag(before == '-' || before == '+' ? before : '\0', true);
  }

  // Whether at_, inside a block tag, stands before: raw %}. Moves behind it if so.
  bool is_raw_block() {
    const std::size_t before = at_;
    skip_spaces();
    if (looking_at("raw")) {
      at_ += 3;
      skip_spaces();
      if (looking_at("-%}")) return at_ += 3, skip_spaces(), true;
      if (looking_at("%}")) return at_ += 2, true;
    }
    at_ = before;
    return false;
  }

  void read_raw(std::size_t open) {
    const std::size_t begin = at_;
    for (std::size_t tag = source_.find("{%", begin); tag != std::string::npos;
         tag = source_.find("{%", tag + 1)) {
      at_ = tag + 2;
      char sign = '\0';
      if (looking_at("-") || looking_at("+")) sign = source_[at_++];
      skip_spaces();
      if (!looking_at("endraw")) continue;
      at_ += 6;
      skip_spaces();
      char closing = '\0';
      if (looking_at("-") || looking_at("+")) closing = source_[at_++];
      if (!looking_at("%}")) continue;
      at_ += 2;
      add_text(begin, tag, sign, true);
      finish_tag(closing, true);
      return;
    }
    fail("the raw block that begins here has no end", open);
  }

  // A block or print tag from behind its opening to behind its end.
  void read_tag(std::size_t open, bool is_print) {
    add(is_print ? TokenKind::PrintBegin : TokenKind::BlockBegin, open);
    while (!read_end_of_tag(is_print)) {
      if (at_ >= source_.size())
        fail(is_print ? "the template ends inside the \"{{\" that begins here"
                      : "the template ends inside the \"{%\" that begins here",
             open);
      read_token();
    }
  }

  bool read_end_of_tag(bool is_print) {
    if (!open_brackets_.empty()) return false;  // "}}" may close two dicts
    const std::size_t begin = at_;
    const std::string_view end = is_print ? "}}" : "%}";
    char sign = '\0';
    if (looking_at("-") || (!is_print && looking_at("+"))) sign = source_[at_++];
    if (!looking_at(end)) {
      at_ = begin;
      return false;
    }
    add(is_print ? TokenKind::PrintEnd : TokenKind::BlockEnd, begin);
    at_ += 2;
    finish_tag(sign, !is_print);
    return true;
  }

  void read_token() {
    const auto [code, bytes] = character_at(source_, at_);
    if (is_space(code))
      at_ += bytes;
    else if (is_ascii_digit(source_[at_]))
      read_number();
    else if (starts_identifier(code))
      read_name();
    else if (code == '"' || code == '\'')
      read_string();
    else
      read_operator();
  }

  void read_name() {
    const std::size_t begin = at_;
    while (at_ < source_.size()) {
      const auto [code, bytes] = character_at(source_, at_);
      if (!continues_identifier(code)) break;
      at_ += bytes;
    }
    add(TokenKind::Name, begin, source_.substr(begin, at_ - begin));
  }

  void read_string() {
    const std::size_t begin = at_;
    const char quote = source_[at_++];
    while (at_ < source_.size() && source_[at_] != quote) at_ += source_[at_] == '\\' ? 2 : 1;
    if (at_ >= source_.size()) fail("the string that begins here has no end", begin);
    const auto inner = std::string_view(source_).substr(begin + 1, at_ - begin - 1);
    ++at_;
    std::string text;
    if (!unescape(inner, text)) fail("the string has an escape that means nothing", begin);
    add(TokenKind::String, begin, std::move(text));
  }

  // Digits with single underscores between them, from `at` on.
  std::size_t digits_end(std::size_t at) const {
    while (at < source_.size() &&
           (is_ascii_digit(source_[at]) ||
            (source_[at] == '_' && at + 1 < source_.size() && is_ascii_digit(source_[at + 1]))))
      ++at;
    return at;
  }

  void read_number() {
    const std::size_t begin = at_;
    if (source_[at_] == '0' && at_ + 1 < source_.size() && read_prefixed_integer()) return;
    std::size_t end = digits_end(at_);
    const bool may_be_float = begin == 0 || source_[begin - 1] != '.';  // x.0.5 has no float
    std::size_t end_of_float = end;
    if (may_be_float && end + 1 < source_.size() && source_[end] == '.' &&
        is_ascii_digit(source_[end + 1]))
      end_of_float = digits_end(end + 1);
    if (may_be_float && end_of_float < source_.size() && (source_[end_of_float] | 0x20) == 'e') {
      std::size_t exponent = end_of_float + 1;
      if (exponent < source_.size() && (source_[exponent] == '+' || source_[exponent] == '-'))
        ++exponent;
      if (exponent < source_.size() && is_ascii_digit(source_[exponent]))
        end_of_float = digits_end(exponent);
    }
    const bool is_float = end_of_float > end;
    if (is_float) end = end_of_float;
    at_ = end;
    add_number(begin, end, is_float);
  }

  void add_number(std::size_t begin, std::size_t end, bool is_float) {
    std::string digits;
    for (std::size_t i = begin; i < end; ++i)
      if (source_[i] != '_') digits += source_[i];
    if (is_float) {
      double value = 0.0;
      if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc())
        fail("the number is outside the range of a double", begin);
      add(TokenKind::Float, begin).real = value;
    } else {
      std::int64_t value = 0;
      if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc())
        fail("the number is more than a 64-bit integer", begin);
      add(TokenKind::Integer, begin).integer = value;
    }
  }

  // 0x1F, 0o17, 0b11.
  bool read_prefixed_integer() {
    const std::size_t begin = at_;
    const char letter = static_cast<char>(source_[at_ + 1] | 0x20);
    const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    if (base == 0) return false;
    std::string digits;
    std::size_t end = at_ + 2;
    for (; end < source_.size(); ++end) {
      if (source_[end] == '_') continue;
      const std::string digit(1, source_[end]);
      int value = 0;
      if (std::from_chars(digit.data(), digit.data() + 1, value, base).ec != std::errc()) break;
      digits += digit;
    }
    if (digits.empty()) return false;
    std::int64_t value = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), value, base).ec !=
        std::errc())
      fail("the number is more than a 64-bit integer", begin);
    at_ = end;
    add(TokenKind::Integer, begin).integer = value;
    return true;
  }

  void read_operator() {
    static constexpr std::array<std::string_view, 6> kPairs{"//", "**", "==", "!=", ">=", "<="};
    for (const auto pair : kPairs) {
      if (!looking_at(pair)) continue;
      add(TokenKind::Operator, at_, std::string(pair));
      at_ += 2;
      return;
    }
    const char symbol = source_[at_];
    if (std::string_view("+-/*%~[](){}><=.:|,;").find(symbol) == std::string_view::npos) {
      const auto bytes = character_at(source_, at_).bytes;
      fail("unexpected character " + quoted(source_.substr(at_, bytes)), at_);
    }
    balance(symbol);
    add(TokenKind::Operator, at_, std::string(1, symbol));
    ++at_;
  }

  void balance(char symbol) {
    if (symbol == '(' || symbol == '[' || symbol == '{') {
      open_brackets_ += symbol == '(' ? ')' : symbol == '[' ? ']' : '}';
    } else if (symbol == ')' || symbol == ']' || symbol == '}') {
      if (open_brackets_.empty()) fail("unexpected \"" + std::string(1, symbol) + "\"", at_);
      if (open_brackets_.back() != symbol)
        fail("unexpected \"" + std::string(1, symbol) + "\", expected \"" +
                 std::string(1, open_brackets_.back()) + "\"",
             at_);
      open_brackets_.pop_back();
    }
  }

  std::string source_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
  std::string open_brackets_;  // the closing ones still due
  std::size_t counted_ = 0;
  Position counted_position_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source) {
  return Lexer(source).run();
}

}  // namespace tenon::text::jinja
