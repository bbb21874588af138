#include "cli/completion.h"

#include <algorithm>

namespace tenon::cli {

std::vector<std::string> flag_words(const Option& option) {
  std::vector<std::string> words;
  if (option.letter != 0) words.push_back(std::string("-") + option.letter);
  words.push_back("--" + option.name);
  if (!option.takes_value() && option.kind != ValueKind::Action)
    words.push_back("--no-" + option.name);
  return words;
}

bool has_file_positional(const CommandJob& job) {
  const auto& positionals = job.positionals();
  return std::any_of(positionals.begin(), positionals.end(),
                     [](const BoundPositional& positional) { return positional.spec.is_file; });
}

std::string function_name(const std::string& command) {
  std::string name = "_" + command;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string spaced(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace tenon::cli
