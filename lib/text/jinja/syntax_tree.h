#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// A parsed template. Nodes are plain structs in variants: a new expression or statement is a
/// struct here, a rule in the parser and an overload in the evaluator.
namespace tenon::text::jinja {

struct Position {
  std::int32_t line = 1;
  std::int32_t column = 1;  // in characters
};

using Symbol = std::int32_t;  // index into Template::names

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

/// What stands between the parentheses of a call, a filter or a test.
struct CallArguments {
  struct Named {
    std::string name;
    ExpressionPtr value;
  };
  std::vector<ExpressionPtr> positional;
  std::vector<Named> named;
  ExpressionPtr spread;        // *args; may be null
  ExpressionPtr named_spread;  // **kwargs; may be null
};

struct Constant {
  std::int32_t index = 0;  // into Template::constants
};
struct Name {
  Symbol symbol = 0;
};
struct Items {
  std::vector<ExpressionPtr> items;
  bool is_tuple = false;
};
struct Pairs {
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> pairs;
};
enum class UnaryOperator { Not, Negative, Positive };
struct Unary {
  UnaryOperator operation;
  ExpressionPtr operand;
};
enum class BinaryOperator { And, Or, Add, Subtract, Multiply, Divide, FloorDivide, Modulo, Power };
struct Binary {
  BinaryOperator operation;
  ExpressionPtr left, right;
};
enum class Comparison { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, In, NotIn };
struct Compare {  // a < b < c holds if each does
  ExpressionPtr first;
  std::vector<std::pair<Comparison, ExpressionPtr>> rest;
};
struct Concatenation {  // a ~ b ~ c
  std::vector<ExpressionPtr> items;
};
struct Conditional {                           // a if condition else b
  ExpressionPtr condition, chosen, otherwise;  // otherwise may be null
};
struct Attribute {
  ExpressionPtr object;
  std::string name;
};
struct Subscript {
  ExpressionPtr object, index;
};
struct Slice {
  ExpressionPtr object, start, stop, step;  // the last three may be null
};
struct Call {
  ExpressionPtr callee;
  CallArguments arguments;
};
struct FilterCall {
  std::string name;
  CallArguments arguments;
  Position position;
};
struct Filter {
  ExpressionPtr operand;
  FilterCall call;
};
struct Test {
  ExpressionPtr operand;
  std::string name;
  CallArguments arguments;
};

struct Expression {
  using Node = std::variant<Constant, Name, Items, Pairs, Unary, Binary, Compare, Concatenation,
                            Conditional, Attribute, Subscript, Slice, Call, Filter, Test>;
  Position position;
  int height = 1;  // levels of the tree below and with this node
  Node node;
};

struct Statement;
using Body = std::vector<Statement>;

/// What set and for assign to: a name, an attribute of a namespace, or several of these.
struct Target {
  enum class Kind { Name, Attribute, Tuple };
  Kind kind = Kind::Name;
  Symbol symbol = 0;  // the name, or the namespace
  std::string attribute;
  std::vector<Target> parts;
};

struct Text {
  std::string text;
};
struct Print {
  ExpressionPtr value;
};
struct If {
  struct Branch {
    ExpressionPtr condition;  // null: else
    Body body;
  };
  std::vector<Branch> branches;
};
struct For {
  Target target;
  ExpressionPtr iterable;
  ExpressionPtr condition;  // for x in y if condition; may be null
  Body body;
  Body otherwise;
};
struct Set {
  Target target;
  ExpressionPtr value;
};
struct SetBlock {  // set x ... endset: what the body prints, filtered
  Target target;
  std::vector<FilterCall> filters;
  Body body;
};
struct Macro {
  struct Parameter {
    Symbol symbol = 0;
    ExpressionPtr fallback;  // may be null
  };
  Symbol name = 0;
  std::vector<Parameter> parameters;
  Body body;
  // Whether the body speaks of these; otherwise surplus arguments are errors.
  bool uses_caller = false, uses_varargs = false, uses_kwargs = false;
};
struct CallBlock {  // call(args) macro(...) ... endcall
  ExpressionPtr call;
  Macro caller;
};
struct FilterBlock {
  std::vector<FilterCall> filters;
  Body body;
};
struct With {  // also generation ... endgeneration, without assignments
  std::vector<std::pair<Target, ExpressionPtr>> assignments;
  Body body;
};
struct Break {};
struct Continue {};

struct Statement {
  using Node = std::variant<Text, Print, If, For, Set, SetBlock, Macro, CallBlock, FilterBlock,
                            With, Break, Continue>;
  Position position;
  Node node;
};

using ConstantValue = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

struct Template {
  Body body;
  std::vector<std::string> names;        // of symbols
  std::vector<ConstantValue> constants;  // None is the monostate
};

}  // namespace tenon::text::jinja
