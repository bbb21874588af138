#pragma once

#include <string>
#include <vector>

#include "cli/command_job.h"

namespace tenon::cli {

/// One option found in a --config file.
struct ConfigEntry {
  std::string name;                // "top-k"
  std::string pointer;             // "/top-k" or "/bench/rows"
  std::vector<std::string> words;  // as they would stand on the command line
};

/// Reads a --config file: one JSON object of long names without dashes; values are true/false,
/// numbers, text, or a list of texts. In a command with verbs the object may also hold one object a
/// verb, whose entries win over the outer ones. Every key of the file is checked, whatever job
/// runs: one that is an option of no job, or of the wrong type, is an Error(Usage) with file, place
/// and the closest name. Returns what concerns `job`, outer entries first.
std::vector<ConfigEntry> read_config_file(const std::string& path, const CommandJob& job,
                                          const std::vector<const CommandJob*>& all_jobs);

}  // namespace tenon::cli
