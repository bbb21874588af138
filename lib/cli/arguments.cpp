#include "cli/arguments.h"

#include <CLI/App.hpp>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

namespace tenon::cli {
namespace {

// CLI11 2.1.2 takes "--stop=" for an option whose value is the next argument. A mark after the
// equals sign keeps the empty value, and is taken off wherever the argument ends up.
constexpr std::string_view kEmptyMark = "\x01(empty)\x01";

std::string with_mark(const std::string& argument) {
  const bool is_empty_value = argument.size() > 3 && argument.compare(0, 2, "--") == 0 &&
                              argument.find('=') == argument.size() - 1;
  return is_empty_value ? argument + std::string(kEmptyMark) : argument;
}

std::string without_mark(std::string word) {
  if (word.size() >= kEmptyMark.size() &&
      word.compare(word.size() - kEmptyMark.size(), kEmptyMark.size(), kEmptyMark) == 0)
    word.resize(word.size() - kEmptyMark.size());
  return word;
}

// "-j,--threads", "-v,--verbose,!--no-verbose": CLI11's way to name a flag and its opposite.
std::string flag_names(const Option& option) {
  const std::string letter = option.letter == 0 ? "" : std::string("-") + option.letter;
  if (option.name == "help") return letter + "{short},--help{full}";
  const std::string names = (letter.empty() ? "" : letter + ",") + "--" + option.name;
  return option.kind == ValueKind::Action || option.takes_value() ? names
                                                                  : names + ",!--no-" + option.name;
}

CLI::Option* add_to(CLI::App& app, const Option& option) {
  CLI::Option* added =
      option.takes_value() ? app.add_option(flag_names(option)) : app.add_flag(flag_names(option));
  added->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  // Otherwise "[a,b]" would be taken apart at the comma.
  added->allow_extra_args(false);
  return added;
}

// What CLI11 left over, in order: positionals, unknown options, and the first "--" between them.
void sort_remaining(std::vector<std::string> remaining, bool stop_at_positional,
                    Arguments& result) {
  bool is_positional = false;
  for (std::string& word : remaining) {
    word = without_mark(std::move(word));
    const bool is_mark = !is_positional && word == "--";
    const bool is_number = word.size() > 1 && word[1] >= '0' && word[1] <= '9';
    const bool is_option = !is_positional && word.size() > 1 && word[0] == '-' && word[1] != ' ' &&
                           word[1] != '\n' && !is_number;
    if (is_mark) {
      is_positional = true;
    } else if (is_option) {
      result.unknown.push_back(word);
    } else {
      result.positionals.push_back(word);
      if (stop_at_positional) is_positional = true;
    }
  }
}

}  // namespace

Arguments split_arguments(const std::vector<const Option*>& options,
                          const std::vector<std::string>& arguments, bool stop_at_positional) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.prefix_command(stop_at_positional);
  app.allow_windows_style_options(false);
  std::vector<std::pair<const Option*, CLI::Option*>> added;
  for (const Option* option : options) added.emplace_back(option, add_to(app, *option));

  std::vector<std::string> reversed;  // as CLI11 wants them
  for (auto argument = arguments.rbegin(); argument != arguments.rend(); ++argument)
    reversed.push_back(with_mark(*argument));
  Arguments result;
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ArgumentMismatch&) {
    // Everything else is allowed above, so what is missing is the value of the last argument.
    result.without_value = arguments.back();
  }
  for (const auto& [option, parsed] : added)
    for (const std::string& word : parsed->results())
      result.words[option->name].push_back(without_mark(word));
  sort_remaining(app.remaining(), stop_at_positional, result);
  return result;
}

}  // namespace tenon::cli
