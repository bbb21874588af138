#include "cli/man_block.h"

#include <algorithm>

#include "cli/help.h"
#include "cli/option_text.h"

namespace tenon::cli {
namespace {

std::string bold(std::string_view text) {
  return "\\fB" + roff_escaped(text) + "\\fR";
}
std::string italic(std::string_view text) {
  return "\\fI" + roff_escaped(text) + "\\fR";
}

std::string subsection(std::string_view name) {
  return ".SS " + roff_escaped(name) + "\n";
}

std::string positional_entry(const BoundPositional& positional) {
  return ".TP\n" + italic(shown_positional(positional)) + "\n" +
         roff_escaped(positional.spec.help) + "\n";
}

std::string option_entry(const Option& option) {
  std::string text = ".TP\n";
  if (option.letter != 0) text += bold(std::string("-") + option.letter) + ", ";
  text += bold("--" + option.name);
  if (option.kind == ValueKind::Switch) text += ", " + bold("--no-" + option.name);
  if (const std::string value = shown_value(option); !value.empty()) text += " " + italic(value);
  text += "\n" + roff_escaped(option.spec.help);
  std::string facts;
  for (const std::string& fact : facts_of(option)) facts += (facts.empty() ? "" : "; ") + fact;
  return text + (facts.empty() ? "" : " (" + roff_escaped(facts) + ")") + "\n";
}

std::string group_sections(const std::vector<const Option*>& options) {
  std::string text;
  for (const OptionGroup& group : groups_of(options)) {
    text += subsection(group.name);
    for (const Option* option : group.options) text += option_entry(*option);
  }
  return text;
}

bool is_shared(const CommandJob& job, const Option* option) {
  const auto shared = job.shared_options();
  return std::find(shared.begin(), shared.end(), option) != shared.end();
}

std::string job_section(const CommandInfo& command, const CommandJob& job) {
  std::string text = subsection(usage_line(command, job));
  text += roff_escaped(job.summary()) + ".\n";
  for (const BoundPositional& positional : job.positionals()) text += positional_entry(positional);
  for (const Option* option : job.options())
    if (!is_shared(job, option)) text += option_entry(*option);
  return text + option_entry(*job.find("format"));
}

}  // namespace

std::string roff_escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool is_line_start = result.empty() || result.back() == '\n';
    switch (c) {
      case '\\':
        result += "\\e";
        break;
      case '-':
        result += "\\-";
        break;
      case '\'':
        result += "\\(aq";
        break;
      case '`':
        result += "\\(ga";
        break;
      case '^':
        result += "\\(ha";
        break;
      case '~':
        result += "\\(ti";
        break;
      case '.':
        result += is_line_start ? "\\&." : ".";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string man_block(const CommandInfo& command, const Jobs& jobs) {
  std::string text;
  if (!has_verbs(jobs)) {
    const CommandJob& job = *jobs.front();
    if (!job.positionals().empty()) text += subsection("Arguments");
    for (const BoundPositional& positional : job.positionals())
      text += positional_entry(positional);
    return text + group_sections(job.options());
  }
  for (const auto& job : jobs) text += job_section(command, *job);
  std::vector<const Option*> shared = jobs.front()->shared_options();
  // Each job has shown the forms it takes.
  std::erase_if(shared, [](const Option* option) { return option->name == "format"; });
  return text + group_sections(shared);
}

}  // namespace tenon::cli
