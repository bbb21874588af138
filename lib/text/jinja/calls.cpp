#include <algorithm>

#include "text/jinja/callables.h"
#include "text/jinja/comparison.h"
#include "text/jinja/evaluator.h"
#include "text/jinja/filters.h"
#include "text/jinja/printing.h"
#include "text/jinja/sequences.h"

/// Calls of functions, methods, filters and macros.
namespace tenon::text::jinja {

Arguments Evaluator::evaluate_arguments(const CallArguments& arguments) {
  Arguments result;
  for (const ExpressionPtr& argument : arguments.positional)
    result.positional.push_back(evaluate(*argument));
  if (arguments.spread != nullptr) {
    const std::vector<Value> more = items_of(heap_, evaluate(*arguments.spread));
    result.positional.insert(result.positional.end(), more.begin(), more.end());
  }
  for (const auto& [name, value] : arguments.named)
    result.named.emplace_back(name, evaluate(*value));
  if (arguments.named_spread != nullptr) {
    const Value more = evaluate(*arguments.named_spread);
    if (!more.is(Type::Dict)) fail_type("what stands behind ** must be a dict");
    for (const auto& [key, value] : more.as<DictObject>().dict.entries()) {
      if (!key.is(Type::String)) fail_type("keywords must be strings");
      result.named.emplace_back(key.as<StringObject>().text, value);
    }
  }
  return result;
}

Value Evaluator::filtered(const FilterCall& filter, const Value& input) {
  try {
    return apply_filter(heap_, filter.name, input, evaluate_arguments(filter.arguments));
  } catch (Error& error) {
    locate(error, filter.position);
    throw;
  }
}

Value Evaluator::call(const Value& callee, Arguments arguments) {
  require_defined(callee);
  heap_.spend(1);
  if (const auto* macro = callee.get_if<MacroObject>())
    return call_macro(*macro, std::move(arguments));
  if (const auto* method = callee.get_if<MethodObject>())
    return method->entry.body(heap_, method->self, arguments);
  if (const auto* function = callee.get_if<FunctionObject>()) {
    if (function->entry.body == nullptr)
      throw Error(ErrorKind::Unsupported, "the function " + quoted(function->entry.name) +
                                              " is not in the subset of Jinja");
    FunctionContext context{heap_, date_};
    return function->entry.body(context, arguments);
  }
  if (callee.is(Type::Loop))
    throw Error(ErrorKind::Unsupported, "recursive loops are not in the subset of Jinja");
  fail_type(quoted_type(callee) + " object is not callable");
}

Value Evaluator::call_macro(const MacroObject& macro, Arguments arguments) {
  const Depth depth(*this);
  const Macro& definition = macro.definition;
  const Block block(*this, macro.scope);
  bind_parameters(definition, arguments);
  Output output(heap_);
  execute(definition.body, output);
  return heap_.string(output.text());
}

namespace {

// Takes the named argument out, if it is there.
const Value* take_named(Arguments& arguments, std::string_view name, Value& taken) {
  const auto found = std::find_if(arguments.named.begin(), arguments.named.end(),
                                  [&](const auto& argument) { return argument.first == name; });
  if (found == arguments.named.end()) return nullptr;
  taken = std::move(found->second);
  arguments.named.erase(found);
  return &taken;
}

}  // namespace

// What is given first, then the defaults in order: a default may speak of any given parameter.
void Evaluator::bind_parameters(const Macro& macro, Arguments& arguments) {
  std::vector<bool> is_given(macro.parameters.size(), false);
  for (std::size_t i = 0; i < macro.parameters.size(); ++i) {
    const Symbol symbol = macro.parameters[i].symbol;
    Value taken;
    if (i < arguments.positional.size())
      scope().set(symbol, arguments.positional[i]);
    else if (take_named(arguments, name_of(symbol), taken))
      scope().set(symbol, taken);
    else
      continue;
    is_given[i] = true;
  }
  const std::size_t taken = std::min(arguments.positional.size(), macro.parameters.size());
  arguments.positional.erase(arguments.positional.begin(),
                             arguments.positional.begin() + static_cast<std::ptrdiff_t>(taken));
  bind_surplus(macro, arguments);
  for (std::size_t i = 0; i < macro.parameters.size(); ++i) {
    if (is_given[i]) continue;
    const auto& [symbol, fallback] = macro.parameters[i];
    scope().set(symbol, fallback != nullptr
                            ? evaluate(*fallback)
                            : heap_.undefined("parameter " + quoted_text(name_of(symbol)) +
                                              " was not provided"));
  }
}

// caller, varargs and kwargs, where the macro speaks of them; else there must be no surplus.
void Evaluator::bind_surplus(const Macro& macro, Arguments& arguments) {
  const std::string name = quoted_text(name_of(macro.name));
  const bool has_caller_parameter =
      std::any_of(macro.parameters.begin(), macro.parameters.end(),
                  [this](const auto& parameter) { return parameter.symbol == caller_; });
  if (macro.uses_caller && !has_caller_parameter) {
    Value caller;
    const bool is_given = take_named(arguments, "caller", caller) != nullptr && !caller.is_none();
    scope().set(caller_, is_given ? caller : heap_.undefined("No caller defined"));
  }
  if (macro.uses_kwargs) {
    Value kwargs = heap_.dict();
    for (const auto& [key, value] : arguments.named) heap_.set(kwargs, heap_.string(key), value);
    scope().set(kwargs_, kwargs);
  } else if (!arguments.named.empty()) {
    fail_type("macro " + name + " takes no keyword argument " +
              quoted_text(arguments.named.front().first));
  }
  if (macro.uses_varargs)
    scope().set(varargs_, heap_.tuple(std::move(arguments.positional)));
  else if (!arguments.positional.empty())
    fail_type("macro " + name + " takes not more than " + std::to_string(macro.parameters.size()) +
              " argument(s)");
}

}  // namespace tenon::text::jinja
