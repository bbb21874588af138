#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/command_job.h"

/// How help, man block and completion name an option: in one place, so that they agree.
namespace tenon::cli {

struct OptionGroup {
  std::string name;
  std::vector<const Option*> options;
};

/// In the order the groups are first used: a job's own before those of every command.
std::vector<OptionGroup> groups_of(const std::vector<const Option*>& options);

/// "--[no-]overwrite", "--threads"
std::string shown_name(const Option& option);
/// "N", "text|json|jsonl", or nothing. Long lists of choices are left to facts_of.
std::string shown_value(const Option& option);
/// What help adds in brackets: choices, default, range, repetition, environment name.
std::vector<std::string> facts_of(const Option& option);
/// "MODEL", "[PROMPT]", "FILE..."
std::string shown_positional(const BoundPositional& positional);
/// Those of a command that show `job`: "tenon-model bench ..." belongs to bench.
std::vector<Example> examples_of(const CommandInfo& command, const CommandJob& job);

}  // namespace tenon::cli
