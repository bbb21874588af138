// tenon-trial: a command that does nothing of use, in all the ways the manners of the command line
// are about. Built for tests/commands, not installed.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <stdexcept>
#include <thread>

#include "cli/command.h"
#include "cli/context.h"

namespace {

using namespace tenon;
using namespace tenon::cli;

struct Settings {
  std::string input;
  std::string word = "none";
  double temperature = 0.5;
  std::int64_t copies = 1;
  std::string mode = "plain";
  std::vector<std::string> stop;
  std::int64_t buffer_bytes = 64 << 20;
  double wait_seconds = 0;
  bool has_numbers = false;
  bool has_ends = true;
  bool is_binary = false;
  bool shows_settings = false;
  std::string also;
  std::string failure;

  void add_to(Job& job) {
    job.positional({.name = "INPUT", .help = "text to repeat, - for stdin"}, input);
    job.positional({.name = "WORD",
                    .help = "a word that --show repeats",
                    .is_required = false,
                    .is_file = false},
                   word);
    job.add({.name = "--mode",
             .group = "Text",
             .help = "what to do with each line",
             .value = "MODE",
             .choices = {"plain", "upper", "reverse"},
             .is_common = true},
            mode);
    job.add({.name = "-n,--copies",
             .group = "Text",
             .help = "how often to write each line",
             .value = "N",
             .minimum = 0,
             .maximum = 1000000,
             .is_common = true},
            copies);
    job.add({.name = "--stop",
             .group = "Text",
             .help = "end before a line that is TEXT",
             .value = "TEXT"},
            stop);
    job.add({.name = "--numbers", .group = "Text", .help = "number the lines"}, has_numbers);
    job.add({.name = "--ends", .group = "Text", .help = "end lines with a line break"}, has_ends);
    job.add(
        {.name = "--temperature",
         .group = "Values",
         .help = "a number that changes nothing, with a text about it that is long enough to be "
                 "wrapped in help",
         .value = "X",
         .minimum = 0,
         .maximum = 2},
        temperature);
    job.add_bytes(
        {.name = "--buffer", .group = "Values", .help = "a size", .value = "SIZE", .minimum = 1},
        buffer_bytes);
    job.add_seconds({.name = "--wait",
                     .group = "Values",
                     .help = "time to wait between lines",
                     .value = "TIME",
                     .minimum = 0,
                     .maximum = 60},
                    wait_seconds);
    job.add({.name = "--show", .group = "Values", .help = "print the settings first"},
            shows_settings);
    job.add({.name = "--binary", .group = "Values", .help = "call the output binary"}, is_binary);
    job.add({.name = "--also",
             .group = "Values",
             .help = "write the lines to FILE too",
             .value = "FILE",
             .is_file = true},
            also);
    job.add({.name = "--fail",
             .group = "Values",
             .help = "end with a failure of this kind behind the lines",
             .value = "KIND",
             .choices = {"usage", "input", "check", "foreign", "memory", "nothing-known", "status",
                         "requirement", "skipped", "shape"}},
            failure);
  }
};

std::string changed(std::string line, const std::string& mode) {
  if (mode == "reverse") std::reverse(line.begin(), line.end());
  if (mode == "upper")
    for (char& c : line)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return line;
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += "[" + word + "]";
  return text;
}

void show(const Settings& settings, Context& context) {
  const CommonOptions& common = context.common();
  std::string text;
  const auto line = [&](const std::string& name, const std::string& value) {
    text += name + " " + value + (context.was_given(name) ? " given\n" : "\n");
  };
  line("WORD", settings.word);
  line("mode", settings.mode);
  line("copies", std::to_string(settings.copies));
  line("stop", listed(settings.stop));
  line("numbers", settings.has_numbers ? "on" : "off");
  line("ends", settings.has_ends ? "on" : "off");
  line("temperature", std::to_string(settings.temperature));
  line("buffer", std::to_string(settings.buffer_bytes));
  line("wait", std::to_string(settings.wait_seconds));
  line("threads", std::to_string(common.threads));
  line("kernels", common.kernels);
  line("verbose", std::to_string(common.verbose));
  line("quiet", std::to_string(common.quiet));
  if (!common.seed_was_given || common.seed < 100) line("seed", std::to_string(common.seed));
  context.output().write(text);
}

int fail(const std::string& kind) {
  if (kind == "usage") throw Error(ErrorKind::Usage, "--copies has no effect with --fail");
  if (kind == "input")
    throw Error(ErrorKind::Input, "width is -4, it must be positive")
        .at("dets.json", 3, "/3/bbox")
        .hint("boxes are [x, y, width, height]");
  if (kind == "shape") throw Error(ErrorKind::Shape, "3 columns do not fit 4 rows");
  if (kind == "check") TENON_CHECK(kind.empty());
  if (kind == "foreign") throw std::runtime_error("something from a library");
  if (kind == "memory") throw std::bad_alloc();
  if (kind == "nothing-known") throw 42;
  if (kind == "status") return kExitFailed;
  if (kind == "requirement") return kExitRequirement;
  return kind == "skipped" ? kExitSkipped : kExitDone;
}

void wait(double seconds, const Context& context) {
  const double end = context.seconds() + seconds;
  while (context.seconds() < end) {
    context.check_interrupt();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void write_line(const std::string& text, long number, const Settings& settings, Context& context) {
  const bool is_text = context.common().format == "text";
  if (!is_text && context.common().format != "tsv") {
    context.write(Record("line").add("id", static_cast<std::int64_t>(number)).add("text", text));
    return;
  }
  const std::string start = settings.has_numbers || !is_text ? std::to_string(number) + "\t" : "";
  context.output(settings.is_binary).write(start + text + (settings.has_ends ? "\n" : ""));
}

int run(Settings& settings, Context& context) {
  if (settings.is_binary) context.refuse_if_given("numbers", "with --binary");
  if (settings.shows_settings) show(settings, context);
  if (settings.is_binary) context.output(true);
  Output* also = settings.also.empty() ? nullptr : &context.open_output(settings.also, false);
  auto lines = context.open_lines(settings.input);
  auto progress = context.progress("repeating", settings.copies);
  std::string line;
  bool is_stopped = false;
  while (!is_stopped && lines->next(line)) {
    is_stopped = std::find(settings.stop.begin(), settings.stop.end(), line) != settings.stop.end();
    for (std::int64_t copy = 0; copy < settings.copies && !is_stopped; ++copy) {
      context.check_interrupt();
      write_line(changed(line, settings.mode), lines->number(), settings, context);
      if (also != nullptr) also->write(line + "\n");
      if (settings.wait_seconds > 0) context.output().flush();
      wait(settings.wait_seconds, context);
      progress->set(copy + 1);
    }
  }
  context.note(1, "repeated " + std::to_string(lines->number()) + " lines");
  context.note(2, "and that was all");
  if (lines->number() == 0) context.warning("the input is empty", "give it some lines");
  context.write_summary(Record().add("lines", static_cast<std::int64_t>(lines->number())));
  return fail(settings.failure);
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  Command command({.name = "tenon-trial",
                   .summary = "repeat the lines of a text",
                   .examples = {{"tenon-trial poem.txt", "the text as it is"},
                                {"tenon-trial --mode upper - < poem.txt", "the text in capitals"}},
                   .build_facts = [] { return std::string("trial: yes"); }});
  Job& job = command.job("", "", {"text", "json", "jsonl", "tsv"},
                         [&](Context& context) { return run(settings, context); });
  settings.add_to(job);
  if (argc == 2 && std::string(argv[1]) == "--self-check") {
    for (const std::string& problem : command.check())
      (void)!::write(STDOUT_FILENO, (problem + "\n").data(), problem.size() + 1);
    return command.check().empty() ? 0 : 1;
  }
  return command.run(argc, argv);
}
