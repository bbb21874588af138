#pragma once

#include <string>
#include <string_view>

#include "text/jinja/value.h"

/// Truth, equality, order and membership, as Python defines them.
namespace tenon::text::jinja {

/// "str", "NoneType", "dict": the names Python's own messages use.
std::string_view type_name(const Value& value);

bool is_true(const Value& value);
bool equal(const Value& a, const Value& b);
/// a < b; throws Error(Input) for types without an order between them.
bool less(const Value& a, const Value& b);
/// Equal values have equal hashes. Throws Error(Input) for a list or dict.
std::size_t hash_of(const Value& value);
std::size_t hash_of(std::string_view text);
/// `item in container`.
bool contains(const Value& container, const Value& item);

/// Throws the error of using an undefined value, where it is one.
void require_defined(const Value& value);

/// Its type's name in single quotes, for messages.
std::string quoted_type(const Value& value);

/// A TypeError of Python, in its words.
[[noreturn]] void fail_type(std::string_view message);

}  // namespace tenon::text::jinja
