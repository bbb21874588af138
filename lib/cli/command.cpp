#include "cli/command.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <new>
#include <utility>

#include "base/error.h"
#include "cli/command_line.h"
#include "cli/console.h"
#include "cli/descriptor_output.h"
#include "cli/environment.h"
#include "cli/generate.h"
#include "cli/help.h"
#include "cli/precedence.h"
#include "cli/run_context.h"
#include "cli/signals.h"
#include "cli/table_check.h"
#include "cli/terminal.h"
#include "cli/version.h"

namespace tenon::cli {
namespace {

// The last word that can be taken, read before anything is checked: errors shall have the right
// colour too.
std::string color_choice(const std::string& command, const CommandLine& line) {
  std::string choice = "auto";
  const CommandJob probe(command, {}, {}, {"text"}, {});
  const Option& option = *probe.find("color");
  const auto words = line.arguments.words.find("color");
  const auto value = environment(option.environment);
  const std::string word = words != line.arguments.words.end() ? words->second.back()
                           : value                             ? *value
                                                               : choice;
  const auto& choices = option.spec.choices;
  return std::find(choices.begin(), choices.end(), word) == choices.end() ? choice : word;
}

bool asks_for(const CommandLine& line, const std::string& action) {
  return line.arguments.words.count(action) > 0;
}

/// One run of a command, step by step.
class CommandRun {
 public:
  CommandRun(const CommandInfo& info, const Jobs& jobs, Console& console)
      : info_(info), jobs_(jobs), console_(console) {}

  int operator()(const std::vector<std::string>& arguments) {
    TENON_CHECK(!jobs_.empty());
    line_ = split_command_line(jobs_, arguments);
    color_ = color_choice(info_.name, line_);
    console_.set_color(use_color(color_, STDERR_FILENO));
    if (arguments.empty() && is_terminal(STDERR_FILENO) && needs_arguments()) {
      console_.print(help("short", console_.has_color(), STDERR_FILENO));
      return kExitUsage;
    }
    if (asks_for(line_, "help"))
      return print(help(line_.arguments.words["help"].back(), use_color(color_, STDOUT_FILENO),
                        STDOUT_FILENO));
    if (asks_for(line_, "version")) return print(version_text());
    if (asks_for(line_, "generate")) return print(generated());
    try {
      fill();
      return run_job();
    } catch (Error& error) {
      if (error.kind() == ErrorKind::Usage && error.hint().empty())
        error.hint(full_name(info_.name, line_.job) + " --help lists the arguments and options");
      throw;
    }
  }

 private:
  bool needs_arguments() const {
    if (has_verbs(jobs_)) return true;
    const auto& positionals = jobs_.front()->positionals();
    return !positionals.empty() && positionals.front().spec.is_required;
  }

  std::string help(const std::string& form, bool has_color, int descriptor) const {
    HelpStyle style;
    style.has_color = has_color;
    if (is_terminal(descriptor))
      style.columns = std::min(style.columns, terminal_columns(descriptor));
    if (line_.job == nullptr) return verbs_help(info_, jobs_, style);
    return form == "short" ? short_help(info_, *line_.job, style)
                           : full_help(info_, *line_.job, style);
  }

  std::string version_text() const {
    std::string text = info_.name + " " + version() + "\n";
    if (!asks_for(line_, "verbose")) return text;
    text += build_facts();
    std::string facts = info_.build_facts ? info_.build_facts() : "";
    if (!facts.empty() && facts.back() != '\n') facts += '\n';
    return text + facts;
  }

  std::string generated() const {
    if (line_.job != nullptr) check_command_line(info_.name, jobs_, line_);
    CommandJob& job = line_.job == nullptr ? *jobs_.front() : *line_.job;
    assign_option(*job.find("generate"), line_.arguments.words.at("generate"), "--generate");
    // Nothing is made of a table with a fault in it; the test over all commands comes here.
    const auto problems = check_tables(info_, jobs_);
    if (!problems.empty())
      throw Error(ErrorKind::Internal, "the flag table has a fault: " + problems.front());
    return generate(job.requests().generate, info_, jobs_);
  }

  int print(const std::string& text) const {
    OutputSet outputs(false, {});
    outputs.standard("-", false).write(text);
    outputs.keep();
    return kExitDone;
  }

  void fill() {
    check_command_line(info_.name, jobs_, line_);
    std::vector<const CommandJob*> all;
    for (const auto& job : jobs_) all.push_back(job.get());
    fill_options(*line_.job, line_.arguments, environment, all);
    fill_positionals(*line_.job, line_.arguments.positionals);
    warn_of_variables(all);
  }

  void warn_of_variables(const std::vector<const CommandJob*>& jobs) {
    if (line_.job->common().quiet > 1) return;
    const auto names = environment_names(environment_name(info_.name, ""));
    for (const std::string& warning : misspelt_variables(names, jobs))
      console_.warning(warning, {});
  }

  int run_job() {
    const auto start = std::chrono::steady_clock::now();
    RunContext context(info_, *line_.job, console_, [start] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    });
    try {
      const int status = line_.job->function()(context);
      const bool has_results =
          status == kExitDone || status == kExitRequirement || status == kExitSkipped;
      if (has_results) {
        context.finish();
      } else {
        context.give_up();
      }
      return status;
    } catch (...) {
      context.give_up();
      throw;
    }
  }

  const CommandInfo& info_;
  const Jobs& jobs_;
  Console& console_;
  CommandLine line_;
  std::string color_;
};

// What becomes of an exception that nothing caught.
int report_exception(Console& console, const std::exception_ptr& exception) {
  const std::string_view mistake =
      "this is a mistake in Tenon; please report it with the command line";
  try {
    std::rethrow_exception(exception);
  } catch (const Interrupted&) {
    end_by_signal(SIGINT);
  } catch (const ClosedPipe&) {
    end_by_signal(SIGPIPE);
  } catch (const Error& error) {
    console.error(error);
    return error.kind() == ErrorKind::Usage ? kExitUsage : kExitFailed;
  } catch (const std::bad_alloc&) {
    console.error("out of memory",
                  "a smaller model, context or batch needs less; ulimit -v may be set");
  } catch (const std::exception& error) {
    console.error(std::string("internal error: ") + error.what(), mistake);
  } catch (...) {
    console.error("internal error: an exception of an unknown kind", mistake);
  }
  return kExitFailed;
}

}  // namespace

struct Command::Implementation {
  CommandInfo info;
  Jobs jobs;
};

Command::Command(CommandInfo info) : implementation_(std::make_unique<Implementation>()) {
  implementation_->info = std::move(info);
}

Command::~Command() = default;

Job& Command::job(std::string verb, std::string summary, std::vector<std::string> formats,
                  JobFunction function) {
  Jobs& jobs = implementation_->jobs;
  // One job without a verb, or several with one each.
  TENON_CHECK(jobs.empty() || (!verb.empty() && has_verbs(jobs)));
  jobs.push_back(std::make_unique<CommandJob>(implementation_->info.name, std::move(verb),
                                              std::move(summary), std::move(formats),
                                              std::move(function)));
  return *jobs.back();
}

int Command::run(int argc, const char* const* argv) {
  open_standard_descriptors();
  install_signal_handlers();
  Console console(implementation_->info.name);
  try {
    const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
    return CommandRun(implementation_->info, implementation_->jobs, console)(arguments);
  } catch (...) {
    return report_exception(console, std::current_exception());
  }
}

std::vector<std::string> Command::check() const {
  return check_tables(implementation_->info, implementation_->jobs);
}

}  // namespace tenon::cli
