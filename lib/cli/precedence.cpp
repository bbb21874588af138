#include "cli/precedence.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "cli/suggest.h"

namespace tenon::cli {
namespace {

// Numbers and words as they are; anything that is empty or holds blanks in quotes.
std::string shown(const std::string& word) {
  const std::string in_quotes = tenon::quoted(word);
  const bool is_plain =
      !word.empty() && in_quotes == "\"" + word + "\"" && word.find(' ') == std::string::npos;
  return is_plain ? word : in_quotes;
}

[[noreturn]] void refuse(const BadValue& bad, const std::string& label) {
  throw Error(ErrorKind::Usage, label + " is " + shown(bad.value) + ", it must be " + bad.expected)
      .hint(bad.hint);
}

void fill_from_config(CommandJob& job, const std::string& path,
                      const std::vector<const CommandJob*>& all_jobs,
                      const std::set<std::string>& settled) {
  for (const ConfigEntry& entry : read_config_file(path, job, all_jobs)) {
    Option& option = *job.find(entry.name);
    if (settled.count(entry.name) > 0) continue;
    try {
      assign_option(option, entry.words, entry.name);
    } catch (Error& error) {
      throw error.at(path, 0, entry.pointer);
    }
  }
}

std::string names_of_missing(const CommandJob& job) {
  std::string names;
  for (const BoundPositional& positional : job.positionals())
    if (positional.spec.is_required && !positional.was_given)
      names += (names.empty() ? "" : " ") + positional.spec.name;
  return names;
}

}  // namespace

void assign_option(Option& option, const std::vector<std::string>& words,
                   const std::string& label) {
  try {
    if (option.assign) option.assign(words);
  } catch (const BadValue& bad) {
    refuse(bad, label);
  }
  option.was_given = true;
}

void fill_options(CommandJob& job, const Arguments& arguments, const Environment& environment,
                  const std::vector<const CommandJob*>& all_jobs) {
  std::set<std::string> settled;
  for (const Option* known : job.options()) {
    Option& option = *job.find(known->name);
    const auto words = arguments.words.find(option.name);
    if (words != arguments.words.end()) {
      assign_option(option, words->second, "--" + option.name);
      settled.insert(option.name);
    } else if (const auto value =
                   option.environment.empty() ? std::nullopt : environment(option.environment)) {
      assign_option(option, {*value}, option.environment);
      settled.insert(option.name);
    }
  }
  const std::string& config = job.requests().config;
  if (!config.empty()) fill_from_config(job, config, all_jobs, settled);
}

std::vector<std::string> misspelt_variables(const std::vector<std::string>& names,
                                            const std::vector<const CommandJob*>& all_jobs) {
  std::vector<std::string> known;
  for (const CommandJob* job : all_jobs)
    for (const Option* option : job->options())
      if (!option->environment.empty()) known.push_back(option->environment);
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  std::vector<std::string> warnings;
  for (const std::string& name : names) {
    if (std::binary_search(known.begin(), known.end(), name)) continue;
    const std::string meant = did_you_mean(name, known);
    if (!meant.empty())
      warnings.push_back("the variable " + tenon::quoted(name) + " sets nothing; " + meant);
  }
  return warnings;
}

void fill_positionals(CommandJob& job, const std::vector<std::string>& words) {
  auto& positionals = job.positionals();
  std::size_t behind_list = 0;  // single positionals that follow the list
  for (auto last = positionals.rbegin(); last != positionals.rend() && !last->is_list(); ++last)
    ++behind_list;
  if (behind_list == positionals.size()) behind_list = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < positionals.size() && at < words.size(); ++i) {
    BoundPositional& positional = positionals[i];
    if (!positional.is_list()) {
      *std::get<std::string*>(positional.target) = words[at++];
    } else {
      const std::size_t left = words.size() - at;
      if (left <= behind_list) continue;
      auto& list = *std::get<std::vector<std::string>*>(positional.target);
      for (const std::size_t end = words.size() - behind_list; at < end; ++at)
        list.push_back(words[at]);
    }
    positional.was_given = true;
  }
  if (at < words.size())
    throw Error(ErrorKind::Usage, "unexpected argument " + tenon::quoted(words[at]));
  if (const std::string missing = names_of_missing(job); !missing.empty())
    throw Error(ErrorKind::Usage, "missing " + missing);
}

}  // namespace tenon::cli
