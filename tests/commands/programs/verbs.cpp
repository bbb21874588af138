// tenon-verbs: a command with several jobs, for tests/commands; not installed.
#include "cli/command.h"
#include "cli/context.h"

namespace {

using namespace tenon;
using namespace tenon::cli;

struct Settings {
  std::vector<std::string> files;
  std::string target;
  std::string name;
  std::int64_t rows = 1;
  double limit = 0.5;
};

int list(const Settings& settings, Context& context) {
  for (const std::string& file : settings.files) context.output().write(file + "\n");
  context.output().write("to " + settings.target + ", rows " + std::to_string(settings.rows) +
                         "\n");
  return kExitDone;
}

int greet(const Settings& settings, Context& context) {
  context.write(Record("greeting").add("name", settings.name).add("limit", settings.limit));
  context.write_summary(Record().add("greetings", 1));
  return kExitDone;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  Command command({.name = "tenon-verbs",
                   .summary = "several jobs in one command",
                   .examples = {{"tenon-verbs list a.txt b.txt out", "names the files"},
                                {"tenon-verbs greet Ada --format json", "one record"}}});
  Job& first = command.job("list", "name files and where they go", {"text"},
                           [&](Context& context) { return list(settings, context); });
  first.positional({.name = "FILE", .help = "a file to name"}, settings.files);
  first.positional({.name = "TARGET", .help = "where they go"}, settings.target);
  first.add(
      {.name = "--rows", .group = "Table", .help = "rows of the table", .value = "N", .minimum = 1},
      settings.rows);
  Job& second = command.job("greet", "greet someone by name", {"json", "jsonl"},
                            [&](Context& context) { return greet(settings, context); });
  second.positional({.name = "NAME", .help = "whom to greet", .is_file = false}, settings.name);
  second.add({.name = "--limit",
              .group = "Greeting",
              .help = "how warm it may get",
              .value = "X",
              .minimum = 0,
              .maximum = 1,
              .is_common = true},
             settings.limit);
  return command.run(argc, argv);
}
