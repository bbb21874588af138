#pragma once

#include <string_view>

#include "text/jinja/arguments.h"
#include "text/jinja/heap.h"
#include "text/jinja/value.h"

/// What a template can call besides its macros.
namespace tenon::text::jinja {

/// A method of a built-in type. Without a body: Python has it and the subset has not, so that using
/// it is refused instead of taken for a missing attribute.
struct MethodEntry {
  using Body = Value (*)(Heap& heap, const Value& self, const Arguments& arguments);
  std::string_view name;
  Body body = nullptr;
};

/// Of the type of `self`; null where Python has no such method.
const MethodEntry* find_method(const Value& self, std::string_view name);
const MethodEntry* find_string_method(std::string_view name);

/// value.name, not yet called.
struct MethodObject : Object {
  static constexpr Type kType = Type::Method;
  MethodObject(Value owner, const MethodEntry& method)
      : Object(kType), self(std::move(owner)), entry(method) {}
  void drop_values() override { self = Value(); }
  Value self;
  const MethodEntry& entry;
};

/// What functions know of the rendering besides their arguments.
struct FunctionContext {
  Heap& heap;
  std::string_view date;  // ChatVariables::date
};

/// A global function: range, namespace, dict, raise_exception, strftime_now.
struct FunctionEntry {
  using Body = Value (*)(FunctionContext& context, const Arguments& arguments);
  std::string_view name;
  Body body = nullptr;  // none: Jinja has it and the subset has not
};

const FunctionEntry* find_function(std::string_view name);

struct FunctionObject : Object {
  static constexpr Type kType = Type::Function;
  explicit FunctionObject(const FunctionEntry& function) : Object(kType), entry(function) {}
  const FunctionEntry& entry;
};

}  // namespace tenon::text::jinja
