#include "text/jinja/expression_height.h"

#include <algorithm>

namespace tenon::text::jinja {

namespace {

int height_of(const ExpressionPtr& child) {
  return child == nullptr ? 0 : child->height;
}

template <typename... Children>
int tallest(const Children&... children) {
  return std::max({0, height_of(children)...});
}

int tallest_of(const std::vector<ExpressionPtr>& children) {
  int height = 0;
  for (const ExpressionPtr& child : children) height = std::max(height, height_of(child));
  return height;
}

int tallest_of(const CallArguments& arguments) {
  int height =
      std::max(tallest_of(arguments.positional), tallest(arguments.spread, arguments.named_spread));
  for (const auto& [name, value] : arguments.named) height = std::max(height, height_of(value));
  return height;
}

// How deep the children of a node go.
struct ChildHeight {
  int operator()(const Constant&) const { return 0; }
  int operator()(const Name&) const { return 0; }
  int operator()(const Items& node) const { return tallest_of(node.items); }
  int operator()(const Pairs& node) const {
    int height = 0;
    for (const auto& [key, value] : node.pairs) height = std::max(height, tallest(key, value));
    return height;
  }
  int operator()(const Unary& node) const { return tallest(node.operand); }
  int operator()(const Binary& node) const { return tallest(node.left, node.right); }
  int operator()(const Compare& node) const {
    int height = tallest(node.first);
    for (const auto& [operation, operand] : node.rest) height = std::max(height, tallest(operand));
    return height;
  }
  int operator()(const Concatenation& node) const { return tallest_of(node.items); }
  int operator()(const Conditional& node) const {
    return tallest(node.condition, node.chosen, node.otherwise);
  }
  int operator()(const Attribute& node) const { return tallest(node.object); }
  int operator()(const Subscript& node) const { return tallest(node.object, node.index); }
  int operator()(const Slice& node) const {
    return tallest(node.object, node.start, node.stop, node.step);
  }
  int operator()(const Call& node) const {
    return std::max(tallest(node.callee), tallest_of(node.arguments));
  }
  int operator()(const Filter& node) const {
    return std::max(tallest(node.operand), tallest_of(node.call.arguments));
  }
  int operator()(const Test& node) const {
    return std::max(tallest(node.operand), tallest_of(node.arguments));
  }
};

}  // namespace

int height_of_children(const Expression::Node& node) {
  return std::visit(ChildHeight(), node);
}

}  // namespace tenon::text::jinja
