#pragma once

#include <string>

#include "cli/command.h"
#include "cli/command_line.h"

namespace tenon::cli {

/// All flags as tab-separated lines with a heading: verb, name, letter, kind, value, choices,
/// default, range, environment, help. tests/layout compares them across commands.
std::string flag_dump(const Jobs& jobs);

/// The columns that say what a flag means; equal names must agree in them.
std::string flag_meaning(const Option& option);

}  // namespace tenon::cli
