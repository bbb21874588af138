#include "cli/table_check.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

#include "cli/flag_dump.h"
#include "cli/values.h"

namespace tenon::cli {
namespace {

using Problems = std::vector<std::string>;

bool is_sentence(const std::string& text) {
  return !text.empty() && text.back() != '.' && text.front() != ' ' &&
         text.find_first_of("\n\t") == std::string::npos;
}

bool is_flag_name(const std::string& name) {
  const auto is_allowed = [](char c) {
    return std::islower(static_cast<unsigned char>(c)) != 0 ||
           std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '-';
  };
  return std::all_of(name.begin(), name.end(), is_allowed);
}

std::optional<double> default_number(const Option& option) {
  const std::string& text = option.default_text;
  if (option.kind == ValueKind::Integer || option.kind == ValueKind::Real) return parse_real(text);
  if (option.kind == ValueKind::Seconds) return parse_seconds(text);
  if (option.kind != ValueKind::Bytes) return std::nullopt;
  const auto bytes = parse_bytes(text);
  return bytes ? std::optional(static_cast<double>(*bytes)) : std::nullopt;
}

void check_option(const std::string& where, const Option& option, Problems& problems) {
  const auto report = [&](const std::string& what) {
    problems.push_back(where + " --" + option.name + ": " + what);
  };
  if (!is_flag_name(option.name)) report("a name has lower-case letters, digits and dashes");
  if (!is_sentence(option.spec.help)) report("help is one line without a final full stop");
  if (option.spec.group.empty()) report("it is in no group");
  if (option.takes_value() && option.spec.value.empty() && option.spec.choices.empty())
    report("its value has no name");
  if (!option.takes_value() && !option.spec.value.empty()) report("a switch takes no value");
  const auto& choices = option.spec.choices;
  if (!choices.empty() && option.kind == ValueKind::Text && !option.default_text.empty() &&
      std::find(choices.begin(), choices.end(), option.default_text) == choices.end())
    report("the default " + option.default_text + " is none of its choices");
  const auto number = default_number(option);
  if (number && (*number < option.spec.minimum || *number > option.spec.maximum))
    report("the default " + option.default_text + " is not " + option.range_text());
}

/// Meanings of names and letters seen so far, over all jobs.
struct Seen {
  std::map<std::string, std::string> meanings;  // name → meaning and help
  std::map<char, std::string> letters;          // letter → name
};

void check_meaning(const std::string& where, const Option& option, Seen& seen, Problems& problems) {
  const std::string meaning = flag_meaning(option) + "\t" + option.spec.help;
  const auto [before, is_new] = seen.meanings.emplace(option.name, meaning);
  // Which forms there are is each job's own matter.
  if (!is_new && before->second != meaning && option.name != "format")
    problems.push_back(where + " --" + option.name + ": it means something else in another job");
  if (option.letter == 0) return;
  const auto [name, is_free] = seen.letters.emplace(option.letter, option.name);
  if (!is_free && name->second != option.name)
    problems.push_back(where + " -" + option.letter + ": stands for --" + name->second + " and --" +
                       option.name);
}

}  // namespace

std::vector<std::string> check_tables(const CommandInfo& command, const Jobs& jobs) {
  Problems problems;
  if (!is_sentence(command.summary))
    problems.push_back(command.name + ": the summary is one line without a final full stop");
  if (command.examples.size() < 2) problems.push_back(command.name + ": help needs two examples");
  for (const Example& example : command.examples)
    if (example.command.find(command.name) == std::string::npos)
      problems.push_back(command.name + ": an example does not run it: " + example.command);
  Seen seen;
  for (const auto& job : jobs) {
    const std::string where = full_name(command.name, job.get());
    if (!job->summary().empty() && !is_sentence(job->summary()))
      problems.push_back(where + ": the summary is one line without a final full stop");
    if (!job->verb().empty() && job->summary().empty())
      problems.push_back(where + ": it has no summary");
    for (const BoundPositional& positional : job->positionals())
      if (!is_sentence(positional.spec.help))
        problems.push_back(where + " " + positional.spec.name +
                           ": help is one line without a "
                           "final full stop");
    for (const Option* option : job->options()) {
      check_option(where, *option, problems);
      check_meaning(where, *option, seen, problems);
    }
  }
  return problems;
}

}  // namespace tenon::cli
