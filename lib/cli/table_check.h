#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/command_line.h"

namespace tenon::cli {

/// Problems of a command's flag tables, one a line; see Command::check.
std::vector<std::string> check_tables(const CommandInfo& command, const Jobs& jobs);

}  // namespace tenon::cli
