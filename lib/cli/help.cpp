#include "cli/help.h"

#include <algorithm>

#include "cli/option_text.h"
#include "cli/terminal.h"
#include "cli/wrap.h"

namespace tenon::cli {
namespace {

constexpr std::size_t kTextColumn = 30;
constexpr std::size_t kShortExamples = 2;  // what a screen has room for

/// Puts help together line by line.
class Page {
 public:
  explicit Page(const HelpStyle& style) : style_(style) {}

  void line(const std::string& text) { text_ += text + "\n"; }
  void blank() { text_ += "\n"; }
  void heading(const std::string& name) { line(styled(name + ":", Style::Bold, style_.has_color)); }

  /// "Usage: " and the line, continued below its start.
  void usage(const std::string& text) {
    const std::string label = "Usage: ";
    line(styled("Usage:", Style::Bold, style_.has_color) +
         wrap(label + text, columns(), label.size() + 2).substr(label.size() - 1));
  }

  /// A flag (or a verb, a positional) and what it does, in two columns.
  void entry(const std::string& flags, const std::string& value, const std::string& text) {
    const std::string left = "  " + flags + (value.empty() ? "" : " " + value);
    const std::string shown =
        "  " + styled(flags, Style::Bold, style_.has_color) + (value.empty() ? "" : " " + value);
    if (left.size() + 2 > kTextColumn) {
      line(shown);
      line(wrap(std::string(kTextColumn, ' ') + text, columns(), kTextColumn));
    } else {
      const std::string padding(kTextColumn - left.size(), ' ');
      line(shown + wrap(left + padding + text, columns(), kTextColumn).substr(left.size()));
    }
  }

  void example(const Example& example) {
    line("  " + example.command);
    line(wrap("      " + example.text, columns(), 6));
  }

  std::string text() const { return text_; }

 private:
  std::size_t columns() const { return static_cast<std::size_t>(std::max(style_.columns, 50)); }

  HelpStyle style_;
  std::string text_;
};

std::string joined(const std::vector<std::string>& facts) {
  std::string text;
  for (const std::string& fact : facts) text += (text.empty() ? "" : "; ") + fact;
  return text;
}

std::string flags_of(const Option& option) {
  return (option.letter == 0 ? "    " : std::string("-") + option.letter + ", ") +
         shown_name(option);
}

void add_positionals(Page& page, const CommandJob& job, bool is_full) {
  if (job.positionals().empty()) return;
  if (is_full) page.blank();
  page.heading("Arguments");
  for (const BoundPositional& positional : job.positionals())
    page.entry(shown_positional(positional), "", positional.spec.help);
}

void add_all_groups(Page& page, const std::vector<const Option*>& options) {
  for (const OptionGroup& group : groups_of(options)) {
    page.blank();
    page.heading(group.name);
    for (const Option* option : group.options) {
      const std::string facts = joined(facts_of(*option));
      page.entry(flags_of(*option), shown_value(*option),
                 option->spec.help + (facts.empty() ? "" : " (" + facts + ")"));
    }
  }
}

void add_common_groups(Page& page, const std::vector<const Option*>& options) {
  for (const OptionGroup& group : groups_of(options)) {
    bool has_heading = false;
    for (const Option* option : group.options) {
      if (!option->spec.is_common) continue;
      if (!has_heading) page.heading(group.name);
      has_heading = true;
      const bool has_default = option->takes_value() && !option->default_text.empty();
      page.entry(
          flags_of(*option), shown_value(*option),
          option->spec.help + (has_default ? " (default " + option->default_text + ")" : ""));
    }
  }
}

}  // namespace

std::string usage_line(const CommandInfo& command, const CommandJob& job) {
  std::string line = full_name(command.name, &job) + " [OPTIONS]";
  for (const BoundPositional& positional : job.positionals())
    line += " " + shown_positional(positional);
  return line;
}

std::string short_help(const CommandInfo& command, const CommandJob& job, const HelpStyle& style) {
  Page page(style);
  page.line(full_name(command.name, &job) + ": " +
            (job.summary().empty() ? command.summary : job.summary()));
  page.usage(usage_line(command, job));
  const auto examples = examples_of(command, job);
  if (!examples.empty()) page.heading("Examples");
  for (std::size_t i = 0; i < std::min(examples.size(), kShortExamples); ++i)
    page.line("  " + examples[i].command);
  add_positionals(page, job, false);
  add_common_groups(page, job.options());
  page.line("All options: " + full_name(command.name, &job) + " --help");
  return page.text();
}

std::string full_help(const CommandInfo& command, const CommandJob& job, const HelpStyle& style) {
  Page page(style);
  page.line(full_name(command.name, &job) + ": " +
            (job.summary().empty() ? command.summary : job.summary()));
  page.blank();
  page.usage(usage_line(command, job));
  const auto examples = examples_of(command, job);
  if (!examples.empty()) {
    page.blank();
    page.heading("Examples");
    for (const Example& example : examples) page.example(example);
  }
  add_positionals(page, job, true);
  add_all_groups(page, job.options());
  page.blank();
  page.line("Manual: man " + command.name + ", man 7 tenon");
  return page.text();
}

std::string verbs_help(const CommandInfo& command, const Jobs& jobs, const HelpStyle& style) {
  Page page(style);
  page.line(command.name + ": " + command.summary);
  page.blank();
  page.usage(command.name + " VERB [OPTIONS] ...");
  page.blank();
  page.heading("Verbs");
  for (const auto& job : jobs) page.entry(job->verb(), "", job->summary());
  if (!command.examples.empty()) {
    page.blank();
    page.heading("Examples");
    for (const Example& example : command.examples) page.example(example);
  }
  page.blank();
  page.line("Options of a job: " + command.name + " VERB --help");
  page.line("Manual: man " + command.name + ", man 7 tenon");
  return page.text();
}

}  // namespace tenon::cli
