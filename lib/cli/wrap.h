#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::cli {

/// Breaks at blanks so that no line is longer than `columns`; lines after the first are indented.
/// The text up to its first word is kept as it is; a longer word stands alone.
std::string wrap(std::string_view text, std::size_t columns, std::size_t indent);

}  // namespace tenon::cli
