#include <algorithm>

#include "cli/completion.h"

namespace tenon::cli {
namespace {

std::string in_quotes(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

std::string option_lines(const std::string& start, const Option& option) {
  std::string line = start;
  if (option.letter != 0) line += std::string(" -s ") + option.letter;
  line += " -l " + option.name + " -d " + in_quotes(option.spec.help);
  if (!option.spec.choices.empty() && option.takes_value()) {
    line += " -x -a " + in_quotes(spaced(option.spec.choices));
  } else if (option.takes_value()) {
    line += option.spec.is_file ? " -r -F" : " -x";
  }
  line += "\n";
  if (!option.takes_value() && option.kind != ValueKind::Action)
    line += start + " -l no-" + option.name + " -d " + in_quotes("not: " + option.spec.help) + "\n";
  return line;
}

}  // namespace

std::string fish_completion(const CommandInfo& command, const Jobs& jobs) {
  const std::string start = "complete -c " + command.name;
  std::string text = "# fish completion of " + command.name + ", made by " + command.name +
                     " --generate complete-fish\n";
  text += start + " -f\n";  // no file names but where they may stand
  if (!has_verbs(jobs)) {
    for (const Option* option : jobs.front()->options()) text += option_lines(start, *option);
    return has_file_positional(*jobs.front()) ? text + start + " -F\n" : text;
  }
  for (const auto& job : jobs)
    text += start + " -n __fish_use_subcommand -a " + job->verb() + " -d " +
            in_quotes(job->summary()) + "\n";
  const auto shared = jobs.front()->shared_options();
  for (const Option* option : shared)
    if (option->name != "format") text += option_lines(start, *option);
  for (const auto& job : jobs) {
    const std::string here = start + " -n '__fish_seen_subcommand_from " + job->verb() + "'";
    const auto own_shared = job->shared_options();
    for (const Option* option : job->options()) {
      const bool is_shared =
          std::find(own_shared.begin(), own_shared.end(), option) != own_shared.end();
      if (!is_shared || option->name == "format") text += option_lines(here, *option);
    }
    if (has_file_positional(*job)) text += here + " -F\n";
  }
  return text;
}

}  // namespace tenon::cli
