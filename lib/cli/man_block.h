#pragma once

#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/command_line.h"

namespace tenon::cli {

/// The OPTIONS block of the man page in man(7) roff: arguments, then a subsection a group; in a
/// command with verbs a subsection a job first.
std::string man_block(const CommandInfo& command, const Jobs& jobs);

/// `text` as roff shows it literally: dashes, backslashes, quotes and a dot at the start of a line.
std::string roff_escaped(std::string_view text);

}  // namespace tenon::cli
