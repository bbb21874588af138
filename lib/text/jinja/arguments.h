#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/jinja/heap.h"
#include "text/jinja/value.h"

namespace tenon::text::jinja {

/// Evaluated arguments of a call.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

/// Arguments matched to the parameters of a built-in function, as Python matches them.
///
///   const Parameters bound("replace", arguments, {"old", "new", "count"}, 2);
///   bound.text(0), bound.integer(2, -1)
///
/// Throws Error(Input) for too many, too few, unknown or doubled ones. A parameter named "" is
/// positional only.
class Parameters {
 public:
  Parameters(std::string_view function, const Arguments& arguments,
             std::initializer_list<std::string_view> names, std::size_t required = 0);

  /// Given, be it as none.
  bool has(std::size_t i) const { return given_[i]; }
  const Value& operator[](std::size_t i) const { return values_[i]; }
  /// With the type checked; `fallback` where it is not given.
  std::int64_t integer(std::size_t i) const;
  std::int64_t integer(std::size_t i, std::int64_t fallback) const;
  bool boolean(std::size_t i, bool fallback) const;  // the truth of any value
  const std::string& text(std::size_t i) const;
  std::string text(std::size_t i, std::string_view fallback) const;
  /// Given and not none.
  bool has_value(std::size_t i) const { return given_[i] && !values_[i].is_none(); }

 private:
  void assign(std::size_t i, const Value& value);
  [[noreturn]] void fail(const std::string& message) const;

  std::string_view function_;
  std::vector<std::string_view> names_;
  std::vector<Value> values_;
  std::vector<bool> given_;
};

}  // namespace tenon::text::jinja
