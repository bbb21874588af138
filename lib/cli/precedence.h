#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/command_job.h"
#include "cli/config_file.h"

namespace tenon::cli {

using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// Fills the options of `job`: command line, else environment, else config file, else the default
/// stays. A word that an option cannot take is an Error(Usage) that names the flag, variable or
/// place in the file.
void fill_options(CommandJob& job, const Arguments& arguments, const Environment& environment,
                  const std::vector<const CommandJob*>& all_jobs);

/// Variables of `names` that look like a misspelt one of this command: a warning each. (A variable that looks like
/// nothing may belong to something else.)
std::vector<std::string> misspelt_variables(const std::vector<std::string>& names,
                                            const std::vector<const CommandJob*>& all_jobs);

/// One option from its words; `label` is what the error calls it: "--top-p",
/// "TENON_GENERATE_TOP_P".
void assign_option(Option& option, const std::vector<std::string>& words, const std::string& label);

/// Shares the words out over the positionals in order, a list taking what the others leave.
/// Error(Usage) where a required one is missing or a word is left over.
void fill_positionals(CommandJob& job, const std::vector<std::string>& words);

}  // namespace tenon::cli
