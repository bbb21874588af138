#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "text/jinja/heap.h"
#include "text/jinja/syntax_tree.h"

namespace tenon::text::jinja {

/// Names and values of one block; what is not found here is looked up in the parent. Macros keep
/// the scope they were defined in.
struct Scope : Object {
  static constexpr Type kType = Type::Scope;
  explicit Scope(Value enclosing) : Object(kType), parent(std::move(enclosing)) {}
  void drop_values() override {
    bindings.clear();
    parent = Value();
  }

  const Value* find(Symbol symbol) const {
    for (const Scope* scope = this; scope != nullptr; scope = scope->parent.get_if<Scope>())
      for (const auto& [name, value] : scope->bindings)
        if (name == symbol) return &value;
    return nullptr;
  }

  void set(Symbol symbol, Value value) {
    for (auto& [name, old] : bindings)
      if (name == symbol) {
        old = std::move(value);
        return;
      }
    if (bindings.size() == charged) {
      heap().charge(*this, sizeof(bindings[0]));
      ++charged;
    }
    bindings.emplace_back(symbol, std::move(value));
  }

  Value parent;  // a Scope, or None
  std::vector<std::pair<Symbol, Value>> bindings;
  std::size_t charged = 0;  // bindings paid for; a loop clears and refills its scope
};

/// A macro and the scope it sees.
struct MacroObject : Object {
  static constexpr Type kType = Type::Macro;
  MacroObject(const Macro& macro, std::string_view its_name, Value enclosing)
      : Object(kType), definition(macro), name(its_name), scope(std::move(enclosing)) {}
  void drop_values() override { scope = Value(); }
  const Macro& definition;
  std::string_view name;  // of the template's names
  Value scope;
};

}  // namespace tenon::text::jinja
