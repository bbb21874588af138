#include "cli/completion.h"

namespace tenon::cli {
namespace {

// Inside a specification of _arguments, inside single quotes.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

// ":N:", ":FILE:_files", ":WHEN:(auto always never)"
std::string value_part(const Option& option) {
  if (!option.takes_value()) return {};
  const std::string name = option.spec.value.empty() ? "VALUE" : option.spec.value;
  const std::string action = !option.spec.choices.empty() ? "(" + spaced(option.spec.choices) + ")"
                             : option.spec.is_file        ? "_files"
                                                          : " ";
  return ":" + escaped(name) + ":" + action;
}

std::string option_lines(const Option& option) {
  const bool is_repeatable = option.kind == ValueKind::TextList || option.kind == ValueKind::Count;
  std::string lines;
  for (const std::string& word : flag_words(option)) {
    const bool is_opposite = word.compare(0, 5, "--no-") == 0;
    const std::string equals = option.takes_value() && word.size() > 2 ? "=" : "";
    // Without the star zsh offers a flag once; the words that mean the same exclude each other.
    const std::string others = is_repeatable ? "*" : "(" + spaced(flag_words(option)) + ")";
    lines += "    '" + others + word + equals + "[" +
             escaped(is_opposite ? "not: " + option.spec.help : option.spec.help) + "]" +
             value_part(option) + "' \\\n";
  }
  return lines;
}

std::string positional_lines(const CommandJob& job) {
  std::string lines;
  for (const BoundPositional& positional : job.positionals()) {
    const std::string start = positional.is_list() ? "*" : "";
    const std::string colon = positional.spec.is_required || positional.is_list() ? ":" : "::";
    lines += "    '" + start + colon + escaped(positional.spec.name) + ":" +
             (positional.spec.is_file ? "_files" : " ") + "' \\\n";
  }
  return lines;
}

std::string job_function(const std::string& name, const CommandJob& job) {
  std::string text = name + "() {\n  _arguments -s -S \\\n";
  for (const Option* option : job.options()) text += option_lines(*option);
  text += positional_lines(job);
  return text + "    && return\n}\n";
}

// The verb, then the function of its job with the words that follow.
std::string verb_function(const std::string& name, const Jobs& jobs) {
  std::string verbs, cases;
  for (const auto& job : jobs) {
    verbs += "    '" + job->verb() + ":" + escaped(job->summary()) + "'\n";
    cases += "      " + job->verb() + ") " + name + "_" + job->verb() + " ;;\n";
  }
  std::string options;
  for (const Option* option : jobs.front()->shared_options()) options += option_lines(*option);
  return name + "() {\n  local curcontext=$curcontext state line\n  local -a verbs=(\n" + verbs +
         "  )\n  _arguments -C -s -S \\\n" + options +
         "    ':verb:->verb' \\\n    '*::argument:->rest'\n  case $state in\n"
         "    verb) _describe verb verbs ;;\n    rest) case $words[1] in\n" +
         cases + "    esac ;;\n  esac\n}\n";
}

}  // namespace

std::string zsh_completion(const CommandInfo& command, const Jobs& jobs) {
  const std::string name = function_name(command.name);
  std::string text =
      "#compdef " + command.name + "\n# made by " + command.name + " --generate complete-zsh\n";
  if (!has_verbs(jobs)) {
    text += job_function(name, *jobs.front());
  } else {
    for (const auto& job : jobs) text += job_function(name + "_" + job->verb(), *job);
    text += verb_function(name, jobs);
  }
  // The same file works from fpath (called by its own name) and when it is sourced.
  return text + "if [[ $funcstack[1] == " + name + " ]]; then\n  " + name +
         " \"$@\"\nelse\n  compdef " + name + " " + command.name + "\nfi\n";
}

}  // namespace tenon::cli
