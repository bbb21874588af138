#include "cli/flag_dump.h"

namespace tenon::cli {
namespace {

std::string kind_name(ValueKind kind) {
  switch (kind) {
    case ValueKind::Switch:
      return "switch";
    case ValueKind::Count:
      return "count";
    case ValueKind::Action:
      return "action";
    case ValueKind::Integer:
      return "integer";
    case ValueKind::Real:
      return "real";
    case ValueKind::Seed:
      return "seed";
    case ValueKind::Text:
      return "text";
    case ValueKind::TextList:
      return "texts";
    case ValueKind::Bytes:
      return "bytes";
    case ValueKind::Seconds:
      return "seconds";
  }
  return "";
}

std::string choices_of(const Option& option) {
  std::string text;
  for (const std::string& choice : option.spec.choices) text += (text.empty() ? "" : "|") + choice;
  return text;
}

// An empty column would be lost to readers that take blanks together.
std::string column(const std::string& text) {
  return "\t" + (text.empty() ? "-" : text);
}

}  // namespace

std::string flag_meaning(const Option& option) {
  const std::string letter = option.letter == 0 ? "" : std::string(1, option.letter);
  return column(letter) + column(kind_name(option.kind)) + column(option.spec.value) +
         column(choices_of(option)) + column(option.default_text) + column(option.range_text());
}

std::string flag_dump(const Jobs& jobs) {
  std::string text =
      "verb\tname\tletter\tkind\tvalue\tchoices\tdefault\trange\tenvironment\thelp\n";
  for (const auto& job : jobs)
    for (const Option* option : job->options())
      text += (job->verb().empty() ? "-" : job->verb()) + column(option->name) +
              flag_meaning(*option) + column(option->environment) + column(option->spec.help) +
              "\n";
  return text;
}

}  // namespace tenon::cli
