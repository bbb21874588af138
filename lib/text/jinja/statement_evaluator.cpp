#include <algorithm>

#include "text/jinja/comparison.h"
#include "text/jinja/evaluator.h"
#include "text/jinja/printing.h"
#include "text/jinja/sequences.h"

namespace tenon::text::jinja {

Evaluator::Evaluator(const Template& program, Heap& heap, std::string_view date)
    : program_(program),
      heap_(heap),
      date_(date),
      constants_(program.constants.size()),
      has_constant_(program.constants.size(), false) {
  const auto symbol = [&](std::string_view name) {
    const auto found = std::find(program.names.begin(), program.names.end(), name);
    return found == program.names.end() ? Symbol{-1}
                                        : static_cast<Symbol>(found - program.names.begin());
  };
  loop_ = symbol("loop");
  caller_ = symbol("caller");
  varargs_ = symbol("varargs");
  kwargs_ = symbol("kwargs");
}

std::string Evaluator::render(const Value& variables) {
  scope_ = heap_.make<Scope>(0, Value());
  for (std::size_t i = 0; i < program_.names.size(); ++i)
    if (const Value* value = variables.as<DictObject>().dict.find(program_.names[i]))
      scope().set(static_cast<Symbol>(i), *value);
  Output output(heap_);
  execute(program_.body, output);
  return output.text();
}

Evaluator::Flow Evaluator::execute(const Body& body, Output& output) {
  for (const Statement& statement : body) {
    try {
      const Depth depth(*this);
      heap_.spend(1);
      const Flow flow =
          std::visit([&](const auto& node) { return run(node, output); }, statement.node);
      if (flow != Flow::Normal) return flow;
    } catch (Error& error) {
      locate(error, statement.position);
      throw;
    }
  }
  return Flow::Normal;
}

Evaluator::Flow Evaluator::run(const Text& node, Output& output) {
  output.append(node.text);
  return Flow::Normal;
}

Evaluator::Flow Evaluator::run(const Print& node, Output& output) {
  const Value value = evaluate(*node.value);
  if (const auto* string = value.get_if<StringObject>())
    output.append(string->text);
  else
    output.append(to_text(heap_, value));
  return Flow::Normal;
}

Evaluator::Flow Evaluator::run(const If& node, Output& output) {
  for (const If::Branch& branch : node.branches)
    if (branch.condition == nullptr || is_true(evaluate(*branch.condition)))
      return execute(branch.body, output);
  return Flow::Normal;
}

// The items to walk, those that the loop's own condition keeps.
std::vector<Value> Evaluator::loop_items(const For& node) {
  std::vector<Value> items = items_of(heap_, evaluate(*node.iterable));
  if (node.condition == nullptr) return items;
  std::vector<Value> kept;
  for (const Value& item : items) {
    const Block block(*this);
    assign(node.target, item);
    if (is_true(evaluate(*node.condition))) kept.push_back(item);
  }
  return kept;
}

Evaluator::Flow Evaluator::run(const For& node, Output& output) {
  Value loop = heap_.make<LoopObject>(0, loop_items(node));
  auto& state = loop.as<LoopObject>();
  heap_.charge(state, state.items.size() * sizeof(Value));
  // Jinja notes that a turn came to its end; `continue` and `break` in every turn leave the else
  // part due.
  bool has_finished_turn = false;
  Flow flow = Flow::Normal;
  for (state.index = 0; state.index < state.items.size() && flow != Flow::Break; ++state.index) {
    const Block block(*this);
    assign(node.target, state.items[state.index]);
    if (loop_ >= 0) scope().set(loop_, loop);
    heap_.spend(1);
    flow = execute(node.body, output);
    has_finished_turn = has_finished_turn || flow == Flow::Normal;
  }
  if (!has_finished_turn && !node.otherwise.empty()) {
    const Block block(*this);
    return execute(node.otherwise, output);
  }
  return Flow::Normal;
}

Evaluator::Flow Evaluator::run(const Set& node, Output&) {
  assign(node.target, evaluate(*node.value));
  return Flow::Normal;
}

// The text a body prints, in a scope of its own, through the filters.
Value Evaluator::captured(const Body& body, const std::vector<FilterCall>& filters) {
  const Block block(*this);
  Output output(heap_);
  execute(body, output);
  Value text = heap_.string(output.text());
  for (const FilterCall& filter : filters) text = filtered(filter, text);
  return text;
}

Evaluator::Flow Evaluator::run(const SetBlock& node, Output&) {
  assign(node.target, captured(node.body, node.filters));
  return Flow::Normal;
}

Evaluator::Flow Evaluator::run(const Macro& node, Output&) {
  scope().set(node.name, heap_.make<MacroObject>(0, node, name_of(node.name), scope_));
  return Flow::Normal;
}

Evaluator::Flow Evaluator::run(const CallBlock& node, Output& output) {
  const auto& target = std::get<Call>(node.call->node);
  const Value callee = evaluate(*target.callee);
  Arguments arguments = evaluate_arguments(target.arguments);
  arguments.named.emplace_back("caller", heap_.make<MacroObject>(0, node.caller, "caller", scope_));
  output.append(to_text(heap_, call(callee, std::move(arguments))));
  return Flow::Normal;
}

Evaluator::Flow Evaluator::run(const FilterBlock& node, Output& output) {
  output.append(to_text(heap_, captured(node.body, node.filters)));
  return Flow::Normal;
}

Evaluator::Flow Evaluator::run(const With& node, Output& output) {
  std::vector<Value> values;  // all in the outer scope
  for (const auto& [target, expression] : node.assignments) values.push_back(evaluate(*expression));
  const Block block(*this);
  for (std::size_t i = 0; i < values.size(); ++i) assign(node.assignments[i].first, values[i]);
  return execute(node.body, output);
}

Evaluator::Flow Evaluator::run(const Break&, Output&) {
  return Flow::Break;
}

Evaluator::Flow Evaluator::run(const Continue&, Output&) {
  return Flow::Continue;
}

void Evaluator::assign(const Target& target, const Value& value) {
  if (target.kind == Target::Kind::Name) {
    scope().set(target.symbol, value);
    return;
  }
  if (target.kind == Target::Kind::Attribute) {
    const Value* owner = scope().find(target.symbol);
    auto* object = owner == nullptr ? nullptr : owner->get_if<NamespaceObject>();
    if (object == nullptr)
      throw Error(ErrorKind::Input, "cannot assign attribute on non-namespace object");
    heap_.set(*object, object->attributes, heap_.string(target.attribute), value);
    return;
  }
  const std::vector<Value> items = items_of(heap_, value);
  if (items.size() != target.parts.size())
    throw Error(ErrorKind::Input,
                std::string(items.size() < target.parts.size() ? "not enough" : "too many") +
                    " values to unpack (expected " + std::to_string(target.parts.size()) +
                    ", got " + std::to_string(items.size()) + ")");
  for (std::size_t i = 0; i < items.size(); ++i) assign(target.parts[i], items[i]);
}

}  // namespace tenon::text::jinja
