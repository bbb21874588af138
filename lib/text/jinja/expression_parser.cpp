#include "text/jinja/expression_parser.h"

#include <optional>

#include "text/jinja/expression_height.h"

namespace tenon::text::jinja {

template <typename Node>
ExpressionPtr ExpressionParser::make(Position position, Node node) {
  Expression::Node variant(std::move(node));
  const int height = height_of_children(variant) + 1;
  if (height > kMaxHeight)
    throw syntax_error("an expression of more than " + std::to_string(kMaxHeight) +
                           " operations inside one another",
                       position);
  return std::make_unique<Expression>(Expression{position, height, std::move(variant)});
}

ExpressionPtr ExpressionParser::expression() {
  const TokenReader::Nesting nesting(reader_);
  ExpressionPtr node = or_expression();
  while (reader_.is_name("if")) {
    const Position position = reader_.take().position;
    Conditional conditional;
    conditional.condition = or_expression();
    conditional.chosen = std::move(node);
    if (reader_.skip_name("else")) conditional.otherwise = expression();
    node = make(position, std::move(conditional));
  }
  return node;
}

ExpressionPtr ExpressionParser::expression_without_if() {
  const TokenReader::Nesting nesting(reader_);
  return or_expression();
}

ExpressionPtr ExpressionParser::tuple_or_expression(bool allows_if) {
  const auto part = [&] { return allows_if ? expression() : expression_without_if(); };
  const Position position = reader_.peek().position;
  ExpressionPtr first = part();
  if (!reader_.is_operator(",")) return first;
  Items tuple;
  tuple.is_tuple = true;
  tuple.items.push_back(std::move(first));
  while (reader_.skip_operator(",")) {
    const TokenKind next = reader_.peek().kind;
    if (next == TokenKind::PrintEnd || next == TokenKind::BlockEnd || reader_.is_operator(")"))
      break;  // a comma at the end
    tuple.items.push_back(part());
  }
  return make(position, std::move(tuple));
}

ExpressionPtr ExpressionParser::left_to_right(Level operand,
                                              std::initializer_list<BinaryRule> rules) {
  ExpressionPtr node = (this->*operand)();
  for (;;) {
    std::optional<BinaryOperator> found;
    for (const BinaryRule& rule : rules)
      if (reader_.is_operator(rule.symbol) || reader_.is_name(rule.symbol)) found = rule.operation;
    if (!found) return node;
    const Position position = reader_.take().position;
    ExpressionPtr right = (this->*operand)();
    node = make(position, Binary{*found, std::move(node), std::move(right)});
  }
}

ExpressionPtr ExpressionParser::or_expression() {
  return left_to_right(&ExpressionParser::and_expression, {{"or", BinaryOperator::Or}});
}

ExpressionPtr ExpressionParser::and_expression() {
  return left_to_right(&ExpressionParser::not_expression, {{"and", BinaryOperator::And}});
}

ExpressionPtr ExpressionParser::not_expression() {
  if (!reader_.is_name("not")) return comparison();
  const TokenReader::Nesting nesting(reader_);
  const Position position = reader_.take().position;
  return make(position, Unary{UnaryOperator::Not, not_expression()});
}

ExpressionPtr ExpressionParser::comparison() {
  static constexpr std::pair<std::string_view, Comparison> kSymbols[] = {
      {"==", Comparison::Equal},  {"!=", Comparison::NotEqual},
      {"<", Comparison::Less},    {"<=", Comparison::LessEqual},
      {">", Comparison::Greater}, {">=", Comparison::GreaterEqual}};
  ExpressionPtr first = sum();
  Compare compare;
  Position position;
  for (;;) {
    std::optional<Comparison> found;
    for (const auto& [symbol, operation] : kSymbols)
      if (reader_.is_operator(symbol)) found = operation;
    if (reader_.is_name("in")) found = Comparison::In;
    if (reader_.is_name("not") && reader_.is_name("in", 1)) {
      reader_.take();
      found = Comparison::NotIn;
    }
    if (!found) break;
    position = reader_.take().position;
    compare.rest.emplace_back(*found, sum());
  }
  if (compare.rest.empty()) return first;
  compare.first = std::move(first);
  return make(position, std::move(compare));
}

ExpressionPtr ExpressionParser::sum() {
  return left_to_right(&ExpressionParser::concatenation,
                       {{"+", BinaryOperator::Add}, {"-", BinaryOperator::Subtract}});
}

ExpressionPtr ExpressionParser::concatenation() {
  ExpressionPtr first = product();
  if (!reader_.is_operator("~")) return first;
  const Position position = reader_.peek().position;
  Concatenation node;
  node.items.push_back(std::move(first));
  while (reader_.skip_operator("~")) node.items.push_back(product());
  return make(position, std::move(node));
}

ExpressionPtr ExpressionParser::product() {
  return left_to_right(&ExpressionParser::power, {{"*", BinaryOperator::Multiply},
                                                  {"/", BinaryOperator::Divide},
                                                  {"//", BinaryOperator::FloorDivide},
                                                  {"%", BinaryOperator::Modulo}});
}

ExpressionPtr ExpressionParser::power() {
  ExpressionPtr node = sign(true);
  while (reader_.is_operator("**")) {  // from the left, unlike Python
    const Position position = reader_.take().position;
    ExpressionPtr right = sign(true);
    node = make(position, Binary{BinaryOperator::Power, std::move(node), std::move(right)});
  }
  return node;
}

ExpressionPtr ExpressionParser::sign(bool with_filters) {
  ExpressionPtr node;
  if (reader_.is_operator("-") || reader_.is_operator("+")) {
    const TokenReader::Nesting nesting(reader_);
    const Token token = reader_.take();
    const auto operation = token.text == "-" ? UnaryOperator::Negative : UnaryOperator::Positive;
    node = make(token.position, Unary{operation, sign(false)});
  } else {
    node = primary();
  }
  node = postfix(std::move(node));
  return with_filters ? filters_and_tests(std::move(node)) : std::move(node);
}

ExpressionPtr ExpressionParser::primary() {
  const Position position = reader_.peek().position;
  switch (reader_.peek().kind) {
    case TokenKind::Name: {
      const std::string name = reader_.take().text;
      if (name == "true" || name == "True") return make(position, Constant{reader_.constant(true)});
      if (name == "false" || name == "False")
        return make(position, Constant{reader_.constant(false)});
      if (name == "none" || name == "None")
        return make(position, Constant{reader_.constant(std::monostate())});
      return make(position, Name{reader_.symbol(name)});
    }
    case TokenKind::String: {
      std::string text = reader_.take().text;
      while (reader_.peek().kind == TokenKind::String) text += reader_.take().text;
      return make(position, Constant{reader_.constant(std::move(text))});
    }
    case TokenKind::Integer:
      return make(position, Constant{reader_.constant(reader_.take().integer)});
    case TokenKind::Float:
      return make(position, Constant{reader_.constant(reader_.take().real)});
    default:
      break;
  }
  if (reader_.is_operator("(")) return parenthesised();
  if (reader_.is_operator("[")) return list();
  if (reader_.is_operator("{")) return dict();
  reader_.fail_expected("an expression");
}

ExpressionPtr ExpressionParser::parenthesised() {
  const Position position = reader_.take().position;
  if (reader_.skip_operator(")")) return make(position, Items{.items = {}, .is_tuple = true});
  ExpressionPtr inner = tuple_or_expression();
  reader_.expect_operator(")");
  return inner;
}

ExpressionPtr ExpressionParser::list() {
  const Position position = reader_.take().position;
  Items node;
  while (!reader_.is_operator("]")) {
    if (!node.items.empty()) reader_.expect_operator(",");
    if (reader_.is_operator("]")) break;
    node.items.push_back(expression());
  }
  reader_.expect_operator("]");
  return make(position, std::move(node));
}

ExpressionPtr ExpressionParser::dict() {
  const Position position = reader_.take().position;
  Pairs node;
  while (!reader_.is_operator("}")) {
    if (!node.pairs.empty()) reader_.expect_operator(",");
    if (reader_.is_operator("}")) break;
    ExpressionPtr key = expression();
    reader_.expect_operator(":");
    ExpressionPtr value = expression();
    node.pairs.emplace_back(std::move(key), std::move(value));
  }
  reader_.expect_operator("}");
  return make(position, std::move(node));
}

ExpressionPtr ExpressionParser::postfix(ExpressionPtr node) {
  for (;;) {
    if (reader_.is_operator("."))
      node = attribute(std::move(node));
    else if (reader_.is_operator("["))
      node = subscript(std::move(node));
    else if (reader_.is_operator("("))
      node = call(std::move(node));
    else
      return node;
  }
}

ExpressionPtr ExpressionParser::filters_and_tests(ExpressionPtr node) {
  for (;;) {
    const Position position = reader_.peek().position;
    if (reader_.skip_operator("|"))
      node = make(position, Filter{std::move(node), filter_call()});
    else if (reader_.is_name("is"))
      node = test(std::move(node));
    else if (reader_.is_operator("("))
      node = call(std::move(node));
    else
      return node;
  }
}

std::string ExpressionParser::dotted_name(std::string_view what) {
  std::string name = reader_.expect_any_name(what);
  while (reader_.skip_operator(".")) (name += '.') += reader_.expect_any_name(what);
  return name;
}

FilterCall ExpressionParser::filter_call() {
  FilterCall filter;
  filter.position = reader_.peek().position;
  filter.name = dotted_name("the name of a filter");
  if (reader_.is_operator("(")) filter.arguments = call_arguments();
  return filter;
}

std::vector<FilterCall> ExpressionParser::filters() {
  std::vector<FilterCall> result;
  while (reader_.skip_operator("|")) result.push_back(filter_call());
  return result;
}

ExpressionPtr ExpressionParser::test(ExpressionPtr node) {
  const Position position = reader_.take().position;
  const bool is_negated = reader_.skip_name("not");
  Test test;
  test.operand = std::move(node);
  test.name = dotted_name("the name of a test");
  const TokenKind next = reader_.peek().kind;
  const bool has_operand = next == TokenKind::String || next == TokenKind::Integer ||
                           next == TokenKind::Float || reader_.is_operator("[") ||
                           reader_.is_operator("{") ||
                           (next == TokenKind::Name && !reader_.is_name("else") &&
                            !reader_.is_name("or") && !reader_.is_name("and"));
  if (reader_.is_operator("(")) {
    test.arguments = call_arguments();
  } else if (has_operand) {  // x is divisibleby 3
    if (reader_.is_name("is"))
      throw syntax_error("tests with \"is\" cannot be chained", reader_.peek().position);
    test.arguments.positional.push_back(postfix(primary()));
  }
  ExpressionPtr result = make(position, std::move(test));
  if (is_negated) result = make(position, Unary{UnaryOperator::Not, std::move(result)});
  return result;
}

ExpressionPtr ExpressionParser::attribute(ExpressionPtr object) {
  reader_.take();
  const Position position = reader_.peek().position;
  if (reader_.peek().kind == TokenKind::Name)
    return make(position, Attribute{std::move(object), reader_.take().text});
  if (reader_.peek().kind != TokenKind::Integer) reader_.fail_expected("the name of an attribute");
  auto index = make(position, Constant{reader_.constant(reader_.take().integer)});
  return make(position, Subscript{std::move(object), std::move(index)});
}

ExpressionPtr ExpressionParser::slice_part() {
  if (reader_.is_operator(":") || reader_.is_operator("]") || reader_.is_operator(","))
    return nullptr;
  return expression();
}

ExpressionPtr ExpressionParser::subscript(ExpressionPtr object) {
  const Position position = reader_.take().position;
  ExpressionPtr first = slice_part();
  if (reader_.skip_operator(":")) {
    Slice slice{std::move(object), std::move(first), slice_part(), nullptr};
    if (reader_.skip_operator(":")) slice.step = slice_part();
    reader_.expect_operator("]");
    return make(position, std::move(slice));
  }
  if (first == nullptr) reader_.fail_expected("a subscript");
  if (reader_.is_operator(",")) {  // x[1, 2] asks for the key (1, 2)
    Items tuple;
    tuple.is_tuple = true;
    tuple.items.push_back(std::move(first));
    while (reader_.skip_operator(",")) tuple.items.push_back(expression());
    first = make(position, std::move(tuple));
  }
  reader_.expect_operator("]");
  return make(position, Subscript{std::move(object), std::move(first)});
}

ExpressionPtr ExpressionParser::call(ExpressionPtr callee) {
  const Position position = reader_.peek().position;
  return make(position, Call{std::move(callee), call_arguments()});
}

void ExpressionParser::positional_or_named(CallArguments& arguments) {
  const bool is_named = reader_.peek().kind == TokenKind::Name && reader_.is_operator("=", 1);
  const bool comes_late = arguments.named_spread != nullptr ||
                          (!is_named && (arguments.spread != nullptr || !arguments.named.empty()));
  if (comes_late)
    throw syntax_error("an argument behind those that must come last", reader_.peek().position);
  if (is_named) {
    std::string name = reader_.take().text;
    reader_.take();
    arguments.named.push_back({std::move(name), expression()});
  } else {
    arguments.positional.push_back(expression());
  }
}

CallArguments ExpressionParser::call_arguments() {
  reader_.expect_operator("(");
  CallArguments arguments;
  bool is_first = true;
  while (!reader_.is_operator(")")) {
    if (!is_first) reader_.expect_operator(",");
    is_first = false;
    if (reader_.is_operator(")")) break;  // a comma at the end
    if (arguments.spread == nullptr && reader_.skip_operator("*"))
      arguments.spread = expression();
    else if (arguments.named_spread == nullptr && reader_.skip_operator("**"))
      arguments.named_spread = expression();
    else
      positional_or_named(arguments);
  }
  reader_.expect_operator(")");
  return arguments;
}

}  // namespace tenon::text::jinja
