#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/command_job.h"

namespace tenon::cli {

using Jobs = std::vector<std::unique_ptr<CommandJob>>;

/// A command line taken apart: the job it asks for and the words for it.
struct CommandLine {
  CommandJob* job = nullptr;           // null: a verb is needed and none is there, or it is unknown
  std::string verb;                    // as given
  Arguments arguments;                 // those before the verb come first
  std::vector<std::string> misplaced;  // unknown options before the verb
};

bool has_verbs(const Jobs& jobs);

CommandLine split_command_line(const Jobs& jobs, const std::vector<std::string>& arguments);

/// Error(Usage) for an unknown verb or option and for an option that lacks its value, with the
/// closest name.
void check_command_line(const std::string& command, const Jobs& jobs, const CommandLine& line);

/// "tenon-model bench", or the command alone where it has no verbs.
std::string full_name(const std::string& command, const CommandJob* job);

}  // namespace tenon::cli
