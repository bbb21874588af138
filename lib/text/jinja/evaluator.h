#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/jinja/arguments.h"
#include "text/jinja/heap.h"
#include "text/jinja/scope.h"
#include "text/jinja/syntax_tree.h"

namespace tenon::text::jinja {

/// Runs a parsed template once. Errors name the innermost expression or statement they arose in.
class Evaluator {
 public:
  /// Expressions, statements and macro calls inside one another.
  static constexpr int kMaxDepth = 600;

  Evaluator(const Template& program, Heap& heap, std::string_view date);

  /// `variables`: a dict by name.
  std::string render(const Value& variables);

 private:
  // How a body ended.
  enum class Flow { Normal, Break, Continue };

  /// Text under construction; its bytes count while it lives.
  class Output {
   public:
    explicit Output(Heap& heap) : heap_(heap) {}
    ~Output() { heap_.discharge(text_.size()); }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    void append(std::string_view text) {
      heap_.spend_text(text.size());
      heap_.charge(text.size());
      text_ += text;
    }
    const std::string& text() const { return text_; }

   private:
    Heap& heap_;
    std::string text_;
  };

  /// A scope inside the current one, while it lives.
  class Block {
   public:
    explicit Block(Evaluator& evaluator) : Block(evaluator, evaluator.scope_) {}
    Block(Evaluator& evaluator, const Value& parent)
        : evaluator_(evaluator), outer_(evaluator.scope_) {
      evaluator.scope_ = evaluator.heap_.make<Scope>(0, parent);
    }
    ~Block() { evaluator_.scope_ = outer_; }
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    const Value& outer() const { return outer_; }

   private:
    Evaluator& evaluator_;
    Value outer_;
  };

  class Depth;

  std::string_view name_of(Symbol symbol) const {
    return program_.names[static_cast<std::size_t>(symbol)];
  }
  Scope& scope() { return scope_.as<Scope>(); }

  // expression_evaluator.cpp
  Value evaluate(const Expression& expression);
  Value visit(const Constant& node);
  Value visit(const Name& node);
  Value visit(const Items& node);
  Value visit(const Pairs& node);
  Value visit(const Unary& node);
  Value visit(const Binary& node);
  Value visit(const Compare& node);
  Value visit(const Concatenation& node);
  Value visit(const Conditional& node);
  Value visit(const Attribute& node);
  Value visit(const Subscript& node);
  Value visit(const Slice& node);
  Value visit(const Call& node);
  Value visit(const Filter& node);
  Value visit(const Test& node);
  bool compare(Comparison operation, const Value& left, const Value& right);
  Value constant(std::int32_t index);

  // calls.cpp
  Arguments evaluate_arguments(const CallArguments& arguments);
  Value filtered(const FilterCall& filter, const Value& input);
  Value call(const Value& callee, Arguments arguments);
  Value call_macro(const MacroObject& macro, Arguments arguments);
  void bind_parameters(const Macro& macro, Arguments& arguments);
  void bind_surplus(const Macro& macro, Arguments& arguments);

  // statement_evaluator.cpp
  Flow execute(const Body& body, Output& output);
  Flow run(const Text& node, Output& output);
  Flow run(const Print& node, Output& output);
  Flow run(const If& node, Output& output);
  Flow run(const For& node, Output& output);
  Flow run(const Set& node, Output& output);
  Flow run(const SetBlock& node, Output& output);
  Flow run(const Macro& node, Output& output);
  Flow run(const CallBlock& node, Output& output);
  Flow run(const FilterBlock& node, Output& output);
  Flow run(const With& node, Output& output);
  Flow run(const Break& node, Output& output);
  Flow run(const Continue& node, Output& output);
  std::vector<Value> loop_items(const For& node);
  void assign(const Target& target, const Value& value);
  Value captured(const Body& body, const std::vector<FilterCall>& filters);

  const Template& program_;
  Heap& heap_;
  std::string_view date_;
  Value scope_;
  int depth_ = 0;
  std::vector<Value> constants_;  // made when first used
  std::vector<bool> has_constant_;
  // Symbols that the language itself sets; -1 where the template never names them.
  Symbol loop_ = -1, caller_ = -1, varargs_ = -1, kwargs_ = -1;
};

/// Counts how deep the evaluation is; held during each step.
class Evaluator::Depth {
 public:
  explicit Depth(Evaluator& evaluator);
  ~Depth() { --evaluator_.depth_; }
  Depth(const Depth&) = delete;
  Depth& operator=(const Depth&) = delete;

 private:
  Evaluator& evaluator_;
};

/// Adds the place to an error that has none.
void locate(Error& error, Position position);

}  // namespace tenon::text::jinja
