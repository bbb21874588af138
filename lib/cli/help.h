#pragma once

#include <string>

#include "cli/command.h"
#include "cli/command_line.h"

namespace tenon::cli {

struct HelpStyle {
  int columns = 100;       // lines are no longer
  bool has_color = false;  // bold headings and flags
};

/// -h: the most used options, one screen.
std::string short_help(const CommandInfo& command, const CommandJob& job, const HelpStyle& style);

/// --help: all options with defaults, ranges and environment names.
std::string full_help(const CommandInfo& command, const CommandJob& job, const HelpStyle& style);

/// Help of a command with verbs: what its jobs are.
std::string verbs_help(const CommandInfo& command, const Jobs& jobs, const HelpStyle& style);

/// "tenon-model bench [OPTIONS] MODEL [TEXT]"
std::string usage_line(const CommandInfo& command, const CommandJob& job);

}  // namespace tenon::cli
