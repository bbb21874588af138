#include "text/jinja/parser.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "text/jinja/expression_parser.h"
#include "text/jinja/lexer.h"
#include "text/jinja/token_reader.h"

namespace tenon::text::jinja {

namespace {

// Statements of Jinja; what they contain of expressions is ExpressionParser's.
class Parser {
 public:
  explicit Parser(std::string_view source) : reader_(tokenize(source)), expressions_(reader_) {}

  Template run() {
    Body body = body_until({});
    reader_.target().body = std::move(body);
    return std::move(reader_.target());
  }

 private:
  using Words = std::initializer_list<std::string_view>;

  // Statements up to a block tag that begins with one of `ends` (which stays as the next token), or
  // up to the end of the template where there are none.
  Body body_until(Words ends) {
    const TokenReader::Nesting nesting(reader_);
    Body body;
    for (;;) {
      const Position position = reader_.peek().position;
      switch (reader_.peek().kind) {
        case TokenKind::Text:
          body.push_back({position, Text{reader_.take().text}});
          break;
        case TokenKind::PrintBegin: {
          reader_.take();
          body.push_back({position, Print{expressions_.tuple_or_expression()}});
          reader_.expect(TokenKind::PrintEnd, "\"}}\"");
          break;
        }
        case TokenKind::BlockBegin: {
          reader_.take();
          for (const auto end : ends)
            if (reader_.is_name(end)) return body;
          body.push_back({position, statement()});
          reader_.expect(TokenKind::BlockEnd, "\"%}\"");
          break;
        }
        default:
          if (ends.size() == 0) return body;
          reader_.fail_expected("{% " + std::string(*(ends.end() - 1)) + " %}");
      }
    }
  }

  // "%}", then what is between this tag and the one that ends it; the end tag's word is taken.
  Body block(Words ends) {
    reader_.skip_operator(":");
    reader_.expect(TokenKind::BlockEnd, "\"%}\"");
    return body_until(ends);
  }

  Statement::Node statement() {
    const Token word = reader_.peek();
    if (word.kind != TokenKind::Name) reader_.fail_expected("a statement");
    reader_.take();
    if (word.text == "if") return if_statement();
    if (word.text == "for") return for_statement();
    if (word.text == "set") return set_statement();
    if (word.text == "macro") return macro_statement();
    if (word.text == "call") return call_statement();
    if (word.text == "filter") return filter_statement();
    if (word.text == "with") return with_statement();
    if (word.text == "generation") return generation_statement();
    if (word.text == "break" || word.text == "continue") return loop_control(word);
    fail_unknown(word);
  }

  [[noreturn]] static void fail_unknown(const Token& word) {
    static constexpr std::array<std::string_view, 9> kOutside{
        "autoescape", "block", "do", "extends", "from", "import", "include", "print", "trans"};
    const bool is_jinja = std::find(kOutside.begin(), kOutside.end(), word.text) != kOutside.end();
    Error error = syntax_error(
        is_jinja ? "the statement " + quoted(word.text) + " is not in the subset of Jinja"
                 : "unknown statement " + quoted(word.text),
        word.position);
    if (!is_jinja) throw error;
    throw std::move(Error(ErrorKind::Unsupported, error.message())
                        .at(error.file(), error.line(), error.pointer())
                        .hint("chat templates use if, for, set, macro, call, filter, with"));
  }

  If if_statement() {
    If node;
    for (bool has_condition = true;;) {
      If::Branch branch;
      if (has_condition) branch.condition = expressions_.tuple_or_expression(false);
      branch.body = has_condition ? block({"elif", "else", "endif"}) : block({"endif"});
      node.branches.push_back(std::move(branch));
      if (reader_.skip_name("endif")) return node;
      has_condition = reader_.take().text == "elif";
    }
  }

  For for_statement() {
    For node;
    node.target = target(false);
    reader_.expect_name("in");
    node.iterable = expressions_.tuple_or_expression(false);
    if (reader_.skip_name("if")) node.condition = expressions_.expression();
    if (reader_.is_name("recursive"))
      throw std::move(
          Error(ErrorKind::Unsupported, "recursive loops are not in the subset of Jinja")
              .at("chat template", reader_.peek().position.line,
                  "column " + std::to_string(reader_.peek().position.column)));
    ++loops_;
    node.body = block({"else", "endfor"});
    --loops_;
    if (reader_.skip_name("else")) node.otherwise = block({"endfor"});
    reader_.expect_name("endfor");
    return node;
  }

  Statement::Node set_statement() {
    Target to = target(true);
    if (reader_.skip_operator("=")) return Set{std::move(to), expressions_.tuple_or_expression()};
    SetBlock node;
    node.target = std::move(to);
    node.filters = expressions_.filters();
    node.body = outside_of_loops({"endset"});
    reader_.expect_name("endset");
    return node;
  }

  // A name, with `allows_attributes` also name.attribute; or several of these, separated by commas.
  Target target(bool allows_attributes) {
    Target first = single_target(allows_attributes);
    if (!reader_.is_operator(",")) return first;
    Target tuple;
    tuple.kind = Target::Kind::Tuple;
    tuple.parts.push_back(std::move(first));
    while (reader_.skip_operator(",")) {
      if (reader_.is_name("in") || reader_.is_operator("=") || reader_.is_operator(")")) break;
      tuple.parts.push_back(single_target(allows_attributes));
    }
    return tuple;
  }

  Target single_target(bool allows_attributes) {
    const TokenReader::Nesting nesting(reader_);
    if (reader_.skip_operator("(")) {
      Target inner = target(allows_attributes);
      reader_.expect_operator(")");
      return inner;
    }
    Target result;
    const Position position = reader_.peek().position;
    const std::string name = reader_.expect_any_name("a name to assign to");
    static constexpr std::array<std::string_view, 6> kConstants{"true",  "True", "false",
                                                                "False", "none", "None"};
    if (std::find(kConstants.begin(), kConstants.end(), name) != kConstants.end())
      throw syntax_error(name + " cannot be assigned to", position);
    result.symbol = reader_.symbol(name);
    if (allows_attributes && reader_.skip_operator(".")) {
      result.kind = Target::Kind::Attribute;
      result.attribute = reader_.expect_any_name("the name of an attribute");
    }
    return result;
  }

  // A body that break and continue cannot leave.
  Body outside_of_loops(Words ends) {
    const int loops = std::exchange(loops_, 0);
    Body body = block(ends);
    loops_ = loops;
    return body;
  }

  void macro_parameters(Macro& macro) {
    reader_.expect_operator("(");
    while (!reader_.is_operator(")")) {
      if (!macro.parameters.empty()) reader_.expect_operator(",");
      if (reader_.is_operator(")")) break;
      Macro::Parameter parameter;
      const Position position = reader_.peek().position;
      parameter.symbol = reader_.symbol(reader_.expect_any_name("the name of a parameter"));
      if (reader_.skip_operator("="))
        parameter.fallback = expressions_.expression();
      else if (!macro.parameters.empty() && macro.parameters.back().fallback != nullptr)
        throw syntax_error("a parameter without a default behind one with a default", position);
      macro.parameters.push_back(std::move(parameter));
    }
    reader_.expect_operator(")");
  }

  // The body of a macro, noting which of the special names it speaks of.
  void macro_body(Macro& macro, std::string_view end) {
    const std::size_t begin = reader_.offset();
    macro.body = outside_of_loops({end});
    macro.uses_caller = reader_.mentions("caller", begin);
    macro.uses_varargs = reader_.mentions("varargs", begin);
    macro.uses_kwargs = reader_.mentions("kwargs", begin);
    reader_.expect_name(end);
  }

  Macro macro_statement() {
    Macro macro;
    macro.name = reader_.symbol(reader_.expect_any_name("the name of the macro"));
    macro_parameters(macro);
    macro_body(macro, "endmacro");
    return macro;
  }

  CallBlock call_statement() {
    CallBlock node;
    node.caller.name = reader_.symbol("caller");
    if (reader_.is_operator("(")) macro_parameters(node.caller);
    const Position position = reader_.peek().position;
    node.call = expressions_.expression();
    if (!std::holds_alternative<Call>(node.call->node))
      throw syntax_error("expected a call, as in {% call name() %}", position);
    macro_body(node.caller, "endcall");
    return node;
  }

  FilterBlock filter_statement() {
    FilterBlock node;
    node.filters.push_back(expressions_.filter_call());
    for (FilterCall& filter : expressions_.filters()) node.filters.push_back(std::move(filter));
    node.body = outside_of_loops({"endfilter"});
    reader_.expect_name("endfilter");
    return node;
  }

  With with_statement() {
    With node;
    while (reader_.peek().kind != TokenKind::BlockEnd) {
      if (!node.assignments.empty()) reader_.expect_operator(",");
      Target to = single_target(false);
      reader_.expect_operator("=");
      node.assignments.emplace_back(std::move(to), expressions_.expression());
    }
    node.body = block({"endwith"});
    reader_.expect_name("endwith");
    return node;
  }

  // transformers marks what the assistant wrote; for the text the marks mean nothing.
  With generation_statement() {
    With node;
    node.body = outside_of_loops({"endgeneration"});
    reader_.expect_name("endgeneration");
    return node;
  }

  Statement::Node loop_control(const Token& word) {
    if (loops_ == 0) throw syntax_error(quoted(word.text) + " outside of a loop", word.position);
    if (word.text == "break") return Break{};
    return Continue{};
  }

  TokenReader reader_;
  ExpressionParser expressions_;
  int loops_ = 0;  // around the statement, inside the same macro or block
};

}  // namespace

Template parse(std::string_view source) {
  return Parser(source).run();
}

}  // namespace tenon::text::jinja
