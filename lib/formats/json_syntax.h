#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace tenon::formats {

/// What is wrong with a text that a fast parser refused: an error with line and byte, and a hint for
/// the mistakes that programs make (NaN, Infinity). `reason` is the parser's word, used where the
/// text is valid JSON after all (nested too deeply).
Error json_syntax_error(std::string_view text, const std::string& path, std::string_view reason);

}  // namespace tenon::formats
