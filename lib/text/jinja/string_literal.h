#pragma once

#include <string>
#include <string_view>

namespace tenon::text::jinja {

/// The inside of a string literal with its escapes resolved as Python does: \n, \t, \', \\, \x41,
/// \u00e9, \U0001F600, octal, a backslash before a newline joins lines, and an unknown escape stays
/// as it is. False for one that is cut short, no character, or named (\N{...}).
bool unescape(std::string_view inner, std::string& text);

}  // namespace tenon::text::jinja
