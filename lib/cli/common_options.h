#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/option_table.h"

namespace tenon::cli {

/// What the actions among the common options asked for.
struct Requests {
  std::string config;    // --config FILE
  std::string generate;  // --generate WHAT
};

/// Registers the options every command has (tenon(7), OPTIONS OF EVERY COMMAND).
void add_common_options(OptionTable& table, const std::vector<std::string>& formats,
                        CommonOptions& common, Requests& requests);

}  // namespace tenon::cli
