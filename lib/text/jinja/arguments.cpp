#include "text/jinja/arguments.h"

#include <algorithm>

#include "text/jinja/comparison.h"

namespace tenon::text::jinja {

Parameters::Parameters(std::string_view function, const Arguments& arguments,
                       std::initializer_list<std::string_view> names, std::size_t required)
    : function_(function), names_(names), values_(names.size()), given_(names.size(), false) {
  if (arguments.positional.size() > names_.size())
    fail("takes at most " + std::to_string(names_.size()) + " arguments, not " +
         std::to_string(arguments.positional.size()));
  for (std::size_t i = 0; i < arguments.positional.size(); ++i) assign(i, arguments.positional[i]);
  for (const auto& [name, value] : arguments.named) {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end() || name.empty()) fail("has no argument named " + quoted(name, 40));
    assign(static_cast<std::size_t>(found - names_.begin()), value);
  }
  for (std::size_t i = 0; i < required; ++i)
    if (!given_[i]) fail("needs at least " + std::to_string(required) + " arguments");
}

void Parameters::assign(std::size_t i, const Value& value) {
  if (given_[i]) fail("is given the argument \"" + std::string(names_[i]) + "\" twice");
  values_[i] = value;
  given_[i] = true;
}

void Parameters::fail(const std::string& message) const {
  throw Error(ErrorKind::Input, std::string(function_) + " " + message);
}

std::int64_t Parameters::integer(std::size_t i) const {
  require_defined(values_[i]);
  if (!values_[i].is_integral())
    fail("needs an integer, not a value of type " + std::string(type_name(values_[i])));
  return values_[i].as_integer();
}

std::int64_t Parameters::integer(std::size_t i, std::int64_t fallback) const {
  return given_[i] ? integer(i) : fallback;
}

bool Parameters::boolean(std::size_t i, bool fallback) const {
  return given_[i] ? is_true(values_[i]) : fallback;
}

const std::string& Parameters::text(std::size_t i) const {
  require_defined(values_[i]);
  const auto* string = values_[i].get_if<StringObject>();
  if (string == nullptr)
    fail("needs a string, not a value of type " + std::string(type_name(values_[i])));
  return string->text;
}

std::string Parameters::text(std::size_t i, std::string_view fallback) const {
  return given_[i] ? text(i) : std::string(fallback);
}

}  // namespace tenon::text::jinja
