#pragma once

#include <string>

#include "cli/command.h"
#include "cli/command_line.h"

namespace tenon::cli {

/// --generate WHAT: "man", "complete-bash", "complete-zsh", "complete-fish" or "flags".
std::string generate(const std::string& what, const CommandInfo& command, const Jobs& jobs);

}  // namespace tenon::cli
