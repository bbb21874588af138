#pragma once

#include <initializer_list>
#include <string_view>

#include "text/jinja/token_reader.h"

namespace tenon::text::jinja {

/// The expressions of Jinja, by precedence from loosest to tightest: if-else, or, and, not,
/// comparisons, + -, ~, * / // %, **, sign, filters and tests, subscripts and calls.
class ExpressionParser {
 public:
  /// Operations inside one another; a + b + c ... nests to the left.
  static constexpr int kMaxHeight = 250;

  explicit ExpressionParser(TokenReader& reader) : reader_(reader) {}

  ExpressionPtr expression();             // with if-else
  ExpressionPtr expression_without_if();  // of a for or if statement
  /// One expression, or a tuple without parentheses: a, b.
  ExpressionPtr tuple_or_expression(bool allows_if = true);
  std::vector<FilterCall> filters();  // | a | b(1): as far as they go, possibly none
  FilterCall filter_call();
  CallArguments call_arguments();  // "(" to ")"

 private:
  ExpressionPtr or_expression();
  ExpressionPtr and_expression();
  ExpressionPtr not_expression();
  ExpressionPtr comparison();
  ExpressionPtr sum();
  ExpressionPtr concatenation();
  ExpressionPtr product();
  ExpressionPtr power();
  ExpressionPtr sign(bool with_filters);
  ExpressionPtr primary();
  ExpressionPtr parenthesised();
  ExpressionPtr list();
  ExpressionPtr dict();
  ExpressionPtr postfix(ExpressionPtr node);
  ExpressionPtr filters_and_tests(ExpressionPtr node);
  ExpressionPtr test(ExpressionPtr node);
  ExpressionPtr attribute(ExpressionPtr object);
  ExpressionPtr subscript(ExpressionPtr object);
  ExpressionPtr call(ExpressionPtr callee);
  std::string dotted_name(std::string_view what);
  void positional_or_named(CallArguments& arguments);
  ExpressionPtr slice_part();

  struct BinaryRule {
    std::string_view symbol;
    BinaryOperator operation;
  };
  using Level = ExpressionPtr (ExpressionParser::*)();
  ExpressionPtr left_to_right(Level operand, std::initializer_list<BinaryRule> rules);

  template <typename Node>
  ExpressionPtr make(Position position, Node node);
  TokenReader& reader_;
};

}  // namespace tenon::text::jinja
