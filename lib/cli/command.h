#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/option_registry.h"

/// The manners of the command line, once for all commands (tenon(7)).
namespace tenon::cli {

struct Example {
  std::string command;   // "tenon-generate model.gguf 'Once upon a time'"
  std::string text;      // what it shows, one line
};

/// What a command says of itself.
struct CommandInfo {
  std::string name;                 // "tenon-generate"
  std::string summary;              // one line, without a full stop
  std::vector<Example> examples;    // two for help
};

struct Positional {
  std::string name;                 // "MODEL"
  std::string help;
  bool is_required = true;
  bool is_file = true;              // completion offers files
};

/// One job of a command with verbs ("inspect"); a command without verbs has one job without a name.
class Job : public OptionRegistry {
 public:
  virtual void positional(const Positional& spec, std::string& value) = 0;
  virtual void positional(const Positional& spec, std::vector<std::string>& values) = 0;
  /// The option was given (command line, environment or config): for "has no effect here" errors.
  virtual bool was_given(std::string_view long_name) const = 0;
};

/// Options every command has; filled by the parser.
struct CommonOptions {
  std::string output = "-";
  bool overwrite = false;
  std::string format = "text";      // text, json, jsonl, tsv: a job names those it has
  int quiet = 0;
  int verbose = 0;
  std::string progress = "auto";
  std::string color = "auto";
  std::int64_t threads = 0;         // 0: all processors this process may use
  std::uint64_t seed = 0;
  bool seed_was_given = false;
};

/// What a running job has at hand: its streams and manners. The only way to stdout and stderr.
class Context;

using JobFunction = std::function<int(Context&)>;

class Command {
 public:
  explicit Command(CommandInfo info);
  ~Command();

  /// `formats`: the values --format takes here, the first is the default.
  Job& job(std::string verb, std::string summary, std::vector<std::string> formats,
           JobFunction function);

  /// Parses, runs, prints errors; returns the exit status (tenon(7), EXIT STATUS). `run_command` is
  /// what main() returns.
  int run(int argc, const char* const* argv);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace tenon::cli
