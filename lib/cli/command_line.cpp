#include "cli/command_line.h"

#include <algorithm>

#include "base/error.h"
#include "cli/suggest.h"

namespace tenon::cli {
namespace {

std::vector<std::string> verbs_of(const Jobs& jobs) {
  std::vector<std::string> verbs;
  for (const auto& job : jobs) verbs.push_back(job->verb());
  return verbs;
}

CommandJob* job_named(const Jobs& jobs, const std::string& verb) {
  const auto job =
      std::find_if(jobs.begin(), jobs.end(), [&](const auto& one) { return one->verb() == verb; });
  return job == jobs.end() ? nullptr : job->get();
}

// "--top-k=5" → "--top-k", "-xyz" → "-x"
std::string option_part(const std::string& word) {
  return word.compare(0, 2, "--") == 0 ? word.substr(0, word.find('=')) : word.substr(0, 2);
}

std::vector<std::string> long_names(const CommandJob& job) {
  std::vector<std::string> names;
  for (const Option* option : job.options()) {
    names.push_back("--" + option->name);
    if (!option->takes_value() && option->kind != ValueKind::Action)
      names.push_back("--no-" + option->name);
  }
  return names;
}

// Another job of the command that has the option.
const CommandJob* owner_of(const Jobs& jobs, const std::string& option) {
  for (const auto& job : jobs) {
    const auto names = long_names(*job);
    if (std::find(names.begin(), names.end(), option) != names.end()) return job.get();
  }
  return nullptr;
}

[[noreturn]] void refuse_option(const std::string& command, const Jobs& jobs, const CommandJob& job,
                                const std::string& word) {
  const std::string option = option_part(word);
  const std::string name = full_name(command, &job);
  std::string hint = did_you_mean(option, long_names(job));
  if (const CommandJob* owner = owner_of(jobs, option); hint.empty() && owner != nullptr)
    hint = "it is an option of " + full_name(command, owner);
  if (hint.empty() && word.find(' ') != std::string::npos)
    hint = "put -- before an argument that begins with a dash";
  hint += hint.empty() ? name + " --help lists all options" : " (" + name + " --help lists all)";
  throw Error(
      ErrorKind::Usage,
      "unknown option " + (option == word || word.size() < 40 ? option : tenon::quoted(option)))
      .hint(hint);
}

[[noreturn]] void refuse_verb(const std::string& command, const Jobs& jobs,
                              const std::string& verb) {
  std::string list;
  for (const std::string& name : verbs_of(jobs)) list += (list.empty() ? "" : ", ") + name;
  const std::string closest = did_you_mean(verb, verbs_of(jobs));
  throw Error(ErrorKind::Usage,
              verb.empty() ? "missing VERB" : "unknown verb " + tenon::quoted(verb))
      .hint(closest.empty() ? "the verbs of " + command + " are " + list : closest);
}

}  // namespace

bool has_verbs(const Jobs& jobs) {
  return !jobs.empty() && !jobs.front()->verb().empty();
}

std::string full_name(const std::string& command, const CommandJob* job) {
  return job == nullptr || job->verb().empty() ? command : command + " " + job->verb();
}

CommandLine split_command_line(const Jobs& jobs, const std::vector<std::string>& arguments) {
  CommandLine line;
  if (!has_verbs(jobs)) {
    line.job = jobs.front().get();
    line.arguments = split_arguments(line.job->options(), arguments, false);
    return line;
  }
  Arguments before = split_arguments(jobs.front()->shared_options(), arguments, true);
  line.misplaced = before.unknown;
  if (before.positionals.empty()) {
    line.arguments = std::move(before);
    return line;
  }
  line.verb = before.positionals.front();
  line.job = job_named(jobs, line.verb);
  // Even behind an unknown verb --help is seen.
  const CommandJob& table = line.job == nullptr ? *jobs.front() : *line.job;
  const std::vector<std::string> rest(before.positionals.begin() + 1, before.positionals.end());
  line.arguments = split_arguments(table.options(), rest, false);
  for (auto& [name, words] : before.words) {
    auto& all = line.arguments.words[name];
    all.insert(all.begin(), words.begin(), words.end());
  }
  return line;
}

void check_command_line(const std::string& command, const Jobs& jobs, const CommandLine& line) {
  for (const std::string& word : line.misplaced) {
    const std::string option = option_part(word);
    if (owner_of(jobs, option) != nullptr)
      throw Error(ErrorKind::Usage, "the option " + option + " stands before the verb")
          .hint("options of a job follow its name: " + command + " VERB " + option);
    refuse_option(command, jobs, line.job == nullptr ? *jobs.front() : *line.job, word);
  }
  if (line.job == nullptr) refuse_verb(command, jobs, line.verb);
  if (!line.arguments.unknown.empty())
    refuse_option(command, jobs, *line.job, line.arguments.unknown.front());
  const std::string& last = line.arguments.without_value;
  if (!last.empty()) throw Error(ErrorKind::Usage, "the option " + last + " needs a value");
}

}  // namespace tenon::cli
