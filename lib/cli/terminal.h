#pragma once

#include <string>
#include <string_view>

namespace tenon::cli {

bool is_terminal(int descriptor);

/// Columns of the terminal; 80 where it is none or does not say.
int terminal_columns(int descriptor);

/// Colour on `descriptor`: "always", "never", or with "auto" on a terminal without NO_COLOR whose
/// TERM is not dumb.
bool use_color(const std::string& when, int descriptor);

enum class Style { Plain, Bold, Red, Yellow, Cyan };

/// `text` between the escape sequences of a style (coloured ones are bold too); as it is where
/// `is_on` is false.
std::string styled(std::string_view text, Style style, bool is_on);

}  // namespace tenon::cli
