#pragma once

#include <string>
#include <string_view>

namespace tenon::cli {

/// Valid JSON laid out for people: two spaces a level, one field a line; an array of plain values
/// stays on one line. Numbers and strings are copied as they are written.
std::string pretty_json(std::string_view json);

}  // namespace tenon::cli
