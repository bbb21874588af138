#include "cli/option_text.h"

#include <algorithm>

namespace tenon::cli {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : std::string(between)) + word;
  return text;
}

// Choices that fit beside the name stand there.
bool are_choices_short(const Option& option) {
  constexpr std::size_t kLongest = 26;
  return !option.spec.choices.empty() && joined(option.spec.choices, "|").size() <= kLongest;
}

}  // namespace

std::vector<OptionGroup> groups_of(const std::vector<const Option*>& options) {
  std::vector<OptionGroup> groups;
  for (const Option* option : options) {
    auto group = std::find_if(groups.begin(), groups.end(), [&](const OptionGroup& one) {
      return one.name == option->spec.group;
    });
    if (group == groups.end()) group = groups.insert(groups.end(), {option->spec.group, {}});
    group->options.push_back(option);
  }
  return groups;
}

std::string shown_name(const Option& option) {
  const bool has_opposite = option.kind == ValueKind::Switch;
  return (has_opposite ? "--[no-]" : "--") + option.name;
}

std::string shown_value(const Option& option) {
  if (!option.takes_value()) return {};
  if (are_choices_short(option)) return joined(option.spec.choices, "|");
  return option.spec.value.empty() ? "VALUE" : option.spec.value;
}

std::vector<std::string> facts_of(const Option& option) {
  std::vector<std::string> facts;
  if (!option.spec.choices.empty() && !are_choices_short(option))
    facts.push_back("one of " + joined(option.spec.choices, ", "));
  if (!option.default_text.empty()) facts.push_back("default " + option.default_text);
  if (const std::string range = option.range_text(); !range.empty()) facts.push_back(range);
  if (option.kind == ValueKind::TextList) facts.push_back("may be repeated");
  if (!option.environment.empty()) facts.push_back(option.environment);
  return facts;
}

std::string shown_positional(const BoundPositional& positional) {
  const std::string name = positional.spec.name + (positional.is_list() ? "..." : "");
  return positional.spec.is_required ? name : "[" + name + "]";
}

std::vector<Example> examples_of(const CommandInfo& command, const CommandJob& job) {
  if (job.verb().empty()) return command.examples;
  std::vector<Example> examples;
  const std::string start = command.name + " " + job.verb() + " ";
  for (const Example& example : command.examples)
    if (example.command.find(start) != std::string::npos) examples.push_back(example);
  return examples;
}

}  // namespace tenon::cli
