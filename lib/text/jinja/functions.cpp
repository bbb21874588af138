#include <array>

#include "text/jinja/callables.h"
#include "text/jinja/comparison.h"
#include "text/jinja/date.h"
#include "text/jinja/printing.h"
#include "text/jinja/sequences.h"

/// Global functions.
namespace tenon::text::jinja {

namespace {

Value range(FunctionContext& context, const Arguments& arguments) {
  const Parameters bound("range", arguments, {"", "", ""}, 1);
  if (!bound.has(1)) return make_range(context.heap, 0, bound.integer(0), 1);
  return make_range(context.heap, bound.integer(0), bound.integer(1), bound.integer(2, 1));
}

// The entries of dict(x, a=1): a dict or pairs first, then the named ones.
void fill(Heap& heap, Object& owner, Dict& dict, const Arguments& arguments,
          std::string_view function) {
  if (arguments.positional.size() > 1)
    fail_type(std::string(function) + " expected at most 1 argument, got " +
              std::to_string(arguments.positional.size()));
  for (const Value& source : arguments.positional) {
    require_defined(source);
    if (const auto* other = source.get_if<DictObject>()) {
      for (const auto& [key, value] : other->dict.entries()) heap.set(owner, dict, key, value);
      continue;
    }
    for (const Value& pair : items_of(heap, source)) {
      const std::vector<Value> parts = items_of(heap, pair);
      if (parts.size() != 2)
        throw Error(ErrorKind::Input, std::string(function) + " needs a dict or pairs");
      heap.set(owner, dict, parts[0], parts[1]);
    }
  }
  for (const auto& [name, value] : arguments.named) heap.set(owner, dict, heap.string(name), value);
}

Value make_dict(FunctionContext& context, const Arguments& arguments) {
  Value result = context.heap.dict();
  auto& object = result.as<DictObject>();
  fill(context.heap, object, object.dict, arguments, "dict");
  return result;
}

Value make_namespace(FunctionContext& context, const Arguments& arguments) {
  Value result = context.heap.make<NamespaceObject>(0);
  auto& object = result.as<NamespaceObject>();
  fill(context.heap, object, object.attributes, arguments, "namespace");
  return result;
}

Value raise_exception(FunctionContext& context, const Arguments& arguments) {
  const Parameters bound("raise_exception", arguments, {"message"}, 1);
  throw Error(ErrorKind::Input,
              "the template refuses: " + quoted(to_text(context.heap, bound[0]), 400));
}

Value strftime_now(FunctionContext& context, const Arguments& arguments) {
  const Parameters bound("strftime_now", arguments, {"format"}, 1);
  return context.heap.string(format_date(context.date, bound.text(0)));
}

constexpr std::array<FunctionEntry, 8> kFunctions{{{"cycler"},
                                                   {"dict", make_dict},
                                                   {"joiner"},
                                                   {"lipsum"},
                                                   {"namespace", make_namespace},
                                                   {"raise_exception", raise_exception},
                                                   {"range", range},
                                                   {"strftime_now", strftime_now}}};

}  // namespace

const FunctionEntry* find_function(std::string_view name) {
  for (const FunctionEntry& entry : kFunctions)
    if (entry.name == name) return &entry;
  return nullptr;
}

}  // namespace tenon::text::jinja
