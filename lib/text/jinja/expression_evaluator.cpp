#include "text/jinja/access.h"
#include "text/jinja/arithmetic.h"
#include "text/jinja/callables.h"
#include "text/jinja/comparison.h"
#include "text/jinja/evaluator.h"
#include "text/jinja/filters.h"
#include "text/jinja/printing.h"
#include "text/jinja/sequences.h"

namespace tenon::text::jinja {

void locate(Error& error, Position position) {
  if (error.file().empty())
    error.at("chat template", position.line, "column " + std::to_string(position.column));
}

Evaluator::Depth::Depth(Evaluator& evaluator) : evaluator_(evaluator) {
  if (evaluator.depth_ >= kMaxDepth)
    throw Error(ErrorKind::Resource, "the template nests more than " + std::to_string(kMaxDepth) +
                                         " evaluations; does a macro call itself without end?");
  ++evaluator.depth_;
}

Value Evaluator::evaluate(const Expression& expression) {
  try {
    const Depth depth(*this);
    heap_.spend(1);
    return std::visit([this](const auto& node) { return visit(node); }, expression.node);
  } catch (Error& error) {
    locate(error, expression.position);
    throw;
  }
}

Value Evaluator::constant(std::int32_t index) {
  const auto at = static_cast<std::size_t>(index);
  if (has_constant_[at]) return constants_[at];
  const ConstantValue& stored = program_.constants[at];
  Value value;
  if (const auto* boolean = std::get_if<bool>(&stored)) value = Value::boolean(*boolean);
  if (const auto* integer = std::get_if<std::int64_t>(&stored)) value = Value::integer(*integer);
  if (const auto* real = std::get_if<double>(&stored)) value = Value::real(*real);
  if (const auto* text = std::get_if<std::string>(&stored)) value = heap_.string(*text);
  constants_[at] = value;
  has_constant_[at] = true;
  return value;
}

Value Evaluator::visit(const Constant& node) {
  return constant(node.index);
}

Value Evaluator::visit(const Name& node) {
  if (const Value* value = scope().find(node.symbol)) return *value;
  const std::string_view name = name_of(node.symbol);
  if (const FunctionEntry* function = find_function(name))
    return heap_.make<FunctionObject>(0, *function);
  return heap_.undefined(quoted_text(name) + " is undefined");
}

Value Evaluator::visit(const Items& node) {
  std::vector<Value> items;
  items.reserve(node.items.size());
  for (const ExpressionPtr& item : node.items) items.push_back(evaluate(*item));
  return node.is_tuple ? heap_.tuple(std::move(items)) : heap_.list(std::move(items));
}

Value Evaluator::visit(const Pairs& node) {
  Value dict = heap_.dict();
  for (const auto& [key, value] : node.pairs) {
    Value evaluated_key = evaluate(*key);
    heap_.set(dict, std::move(evaluated_key), evaluate(*value));
  }
  return dict;
}

Value Evaluator::visit(const Unary& node) {
  const Value operand = evaluate(*node.operand);
  switch (node.operation) {
    case UnaryOperator::Not:
      return Value::boolean(!is_true(operand));
    case UnaryOperator::Negative:
      return negative(operand);
    case UnaryOperator::Positive:
      return positive(operand);
  }
  return {};
}

Value Evaluator::visit(const Binary& node) {
  Value left = evaluate(*node.left);
  if (node.operation == BinaryOperator::And) return is_true(left) ? evaluate(*node.right) : left;
  if (node.operation == BinaryOperator::Or) return is_true(left) ? left : evaluate(*node.right);
  return arithmetic(heap_, node.operation, left, evaluate(*node.right));
}

bool Evaluator::compare(Comparison operation, const Value& left, const Value& right) {
  switch (operation) {
    case Comparison::Equal:
      return equal(left, right);
    case Comparison::NotEqual:
      return !equal(left, right);
    case Comparison::Less:
      return less(left, right);
    case Comparison::LessEqual:
      return less(left, right) || equal(left, right);
    case Comparison::Greater:
      return less(right, left);
    case Comparison::GreaterEqual:
      return less(right, left) || equal(left, right);
    case Comparison::In:
      return contains(right, left);
    case Comparison::NotIn:
      return !contains(right, left);
  }
  return false;
}

Value Evaluator::visit(const Compare& node) {
  Value left = evaluate(*node.first);
  for (const auto& [operation, operand] : node.rest) {
    Value right = evaluate(*operand);
    if (!compare(operation, left, right)) return Value::boolean(false);
    left = std::move(right);
  }
  return Value::boolean(true);
}

Value Evaluator::visit(const Concatenation& node) {
  std::string text;
  for (const ExpressionPtr& item : node.items) {
    append_text(heap_, text, evaluate(*item));
    heap_.check_room(text.size());
  }
  return heap_.string(std::move(text));
}

Value Evaluator::visit(const Conditional& node) {
  if (is_true(evaluate(*node.condition))) return evaluate(*node.chosen);
  if (node.otherwise != nullptr) return evaluate(*node.otherwise);
  return heap_.undefined("the inline if-expression on line " +
                         std::to_string(node.condition->position.line) +
                         " evaluated to false and no else section was defined.");
}

Value Evaluator::visit(const Attribute& node) {
  return attribute(heap_, evaluate(*node.object), node.name);
}

Value Evaluator::visit(const Subscript& node) {
  const Value object = evaluate(*node.object);
  return subscript(heap_, object, evaluate(*node.index));
}

Value Evaluator::visit(const Slice& node) {
  const Value object = evaluate(*node.object);
  const auto bound = [&](const ExpressionPtr& part) -> std::optional<std::int64_t> {
    const Value value = part == nullptr ? Value() : evaluate(*part);
    if (value.is_none()) return std::nullopt;
    if (!value.is_integral()) fail_type("slice indices must be integers or None");
    return value.as_integer();
  };
  SliceBounds bounds;
  bounds.start = bound(node.start);
  bounds.stop = bound(node.stop);
  bounds.step = bound(node.step);
  require_defined(object);
  if (auto result = slice(heap_, object, bounds)) return *result;
  fail_type(quoted_type(object) + " object is not subscriptable");
}

Value Evaluator::visit(const Call& node) {
  const Value callee = evaluate(*node.callee);
  return call(callee, evaluate_arguments(node.arguments));
}

Value Evaluator::visit(const Filter& node) {
  return filtered(node.call, evaluate(*node.operand));
}

Value Evaluator::visit(const Test& node) {
  const Value operand = evaluate(*node.operand);
  return Value::boolean(apply_test(heap_, node.name, operand, evaluate_arguments(node.arguments)));
}

}  // namespace tenon::text::jinja
