#include "cli/completion.h"

namespace tenon::cli {
namespace {

// What the script does before it looks at the table. Bash takes "--format=js" apart at the equals sign; a
// value that follows a flag is not the verb.
constexpr const char* kStart = R"(FUNCTION() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb=''
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $before == '=' ]]; then
    before=${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
)";

constexpr const char* kFindVerb = R"(  local i word
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
      VALUE_FLAGS) if [[ ${COMP_WORDS[i+1]} == '=' ]]; then ((i += 2)); else ((i++)); fi ;;
      -*) ;;
      *) verb=$word; break ;;
    esac
  done
)";

std::string replaced(std::string text, const std::string& word, const std::string& by) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size()))
    text.replace(at, word.size(), by);
  return text;
}

std::string pattern(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : "|") + word;
  return text;
}

std::string complete_words(const std::string& words) {
  return "mapfile -t COMPREPLY < <(compgen -W '" + words + "' -- \"$current\")";
}

constexpr const char* kCompleteFiles =
    "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$current\")";

// The word after a flag that takes a value: a choice, a file, or something nobody can know.
std::string value_cases(const std::vector<const Option*>& options) {
  std::string cases;
  for (const Option* option : options) {
    if (!option->takes_value()) continue;
    const std::string action = !option->spec.choices.empty()
                                   ? complete_words(spaced(option->spec.choices)) + "; "
                               : option->spec.is_file ? std::string(kCompleteFiles) + "; "
                                                      : "";
    cases += "        " + pattern(flag_words(*option)) + ") " + action + "return ;;\n";
  }
  return "      case $before in\n" + cases + "      esac\n";
}

std::string all_flags(const std::vector<const Option*>& options) {
  std::vector<std::string> flags;
  for (const Option* option : options)
    for (const std::string& word : flag_words(*option)) flags.push_back(word);
  return spaced(flags);
}

std::string job_case(const CommandJob& job) {
  std::string text = "    '" + job.verb() + "')\n" + value_cases(job.options()) +
                     "      if [[ $current == -* ]]; then\n        " +
                     complete_words(all_flags(job.options())) + "\n";
  if (has_file_positional(job)) text += "      else\n        " + std::string(kCompleteFiles) + "\n";
  return text + "      fi\n      ;;\n";
}

// Before the verb: the verbs, and what every job takes.
std::string verb_case(const Jobs& jobs) {
  std::vector<std::string> verbs;
  for (const auto& job : jobs) verbs.push_back(job->verb());
  const auto shared = jobs.front()->shared_options();
  return "    '')\n" + value_cases(shared) + "      " +
         complete_words(spaced(verbs) + " " + all_flags(shared)) + "\n      ;;\n";
}

std::vector<std::string> shared_value_flags(const Jobs& jobs) {
  std::vector<std::string> flags;
  for (const Option* option : jobs.front()->shared_options())
    if (option->takes_value())
      for (const std::string& word : flag_words(*option)) flags.push_back(word);
  return flags;
}

}  // namespace

std::string bash_completion(const CommandInfo& command, const Jobs& jobs) {
  std::string text = "# bash completion of " + command.name + ", made by " + command.name +
                     " --generate complete-bash\n" +
                     replaced(kStart, "FUNCTION", function_name(command.name));
  if (has_verbs(jobs))
    text += replaced(kFindVerb, "VALUE_FLAGS", pattern(shared_value_flags(jobs)));
  text += "  case $verb in\n";
  if (has_verbs(jobs)) text += verb_case(jobs);
  for (const auto& job : jobs) text += job_case(*job);
  return text + "  esac\n}\ncomplete -F " + function_name(command.name) + " " + command.name + "\n";
}

}  // namespace tenon::cli
