#include "cli/run_context.h"

#include <unistd.h>

#include <utility>

#include "base/error.h"
#include "cli/input.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/version.h"

namespace tenon::cli {

RunContext::RunContext(const CommandInfo& command, const CommandJob& job, Console& console,
                       std::function<double()> clock)
    : command_(command),
      job_(job),
      console_(console),
      clock_(std::move(clock)),
      outputs_(job.common().overwrite, [&console] { console.erase_bar(); }),
      records_(job.common().format, [this]() -> Output& { return output(false); }) {
  // Now, not after an hour of work.
  check_output_path(job.common().output, job.common().overwrite);
}

void RunContext::refuse_if_given(std::string_view long_name, std::string_view reason) const {
  if (!was_given(long_name)) return;
  const Option* option = job_.find(long_name);
  if (option != nullptr && option->is_at_default && option->is_at_default()) return;
  const std::string name = option == nullptr ? std::string(long_name) : "--" + option->name;
  throw Error(ErrorKind::Usage, name + " has no effect " + std::string(reason));
}

Output& RunContext::output(bool is_binary) {
  return outputs_.standard(common().output, is_binary);
}

Output& RunContext::open_output(const std::string& path, bool is_binary) {
  return outputs_.open(path, is_binary);
}

void RunContext::set_default_format(std::string_view format) {
  if (!was_given("--format")) records_.set_format(format);
}

void RunContext::write(const Record& record) {
  records_.write(record);
}

void RunContext::write_summary(Record extra) {
  Record summary("summary");
  summary.add("version", version()).add("seed", common().seed).add("elapsed_seconds", seconds());
  records_.write_summary(summary.append(extra));
}

std::unique_ptr<Input> RunContext::open_input(const std::string& path) {
  if (path == "-" && std::exchange(has_read_stdin_, true))
    throw Error(ErrorKind::Usage, "stdin (-) is named for two inputs, it can be read once");
  return std::make_unique<Input>(path, [this] {
    note(0, "reading from the terminal; Ctrl-D at the start of a line ends the input");
  });
}

std::string RunContext::read_all(const std::string& path) {
  return read_whole(*open_input(path));
}

std::unique_ptr<Context::Lines> RunContext::open_lines(const std::string& path) {
  return lines_of(open_input(path));
}

void RunContext::note(int level, std::string_view text) {
  if (common().quiet == 0 && common().verbose >= level) console_.note(text);
}

void RunContext::warning(std::string_view text, std::string_view hint) {
  if (common().quiet < 2) console_.warning(text, hint);
}

void RunContext::report(const Error& error) {
  console_.error(error);
}

std::unique_ptr<Progress> RunContext::progress(std::string_view label, std::int64_t total) {
  const ProgressForm form = progress_form(common().progress, is_terminal(STDERR_FILENO),
                                          common().quiet, common().verbose);
  return start_progress(console_, form, std::string(label), total, clock_);
}

void RunContext::check_interrupt() const {
  if (was_interrupted()) throw Interrupted{};
}

std::string RunContext::bold(std::string_view text) const {
  return styled(text, Style::Bold, console_.has_color());
}

void RunContext::finish() {
  records_.finish();
  outputs_.keep();
}

void RunContext::give_up() noexcept {
  try {
    records_.finish();
  } catch (...) {
    // The reason for giving up is what the user should read.
  }
  outputs_.flush_stdout();
}

}  // namespace tenon::cli
