#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/command_line.h"

/// Completion scripts: they know verbs, flags, choices and where a file name may stand. They are text made
/// from the flag table, so completing runs nothing.
namespace tenon::cli {

std::string bash_completion(const CommandInfo& command, const Jobs& jobs);
std::string zsh_completion(const CommandInfo& command, const Jobs& jobs);
std::string fish_completion(const CommandInfo& command, const Jobs& jobs);

/// "-j --threads", "--ends --no-ends": all words that mean the option.
std::vector<std::string> flag_words(const Option& option);
/// Some positional of the job names a file.
bool has_file_positional(const CommandJob& job);
/// "_tenon_trial": the name of a shell function for a command.
std::string function_name(const std::string& command);
/// `words` with blanks between them.
std::string spaced(const std::vector<std::string>& words);

}  // namespace tenon::cli
