#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/option_registry.h"

/// The manners of the command line, once for all commands (tenon(7)).
namespace tenon::cli {

struct Example {
  std::string command;  // "tenon-generate model.gguf 'Once upon a time'"
  std::string text;     // what it shows, one line
};

/// What a command says of itself.
struct CommandInfo {
  std::string name;     // "tenon-generate"
  std::string summary;  // one line, without a full stop
  std::vector<Example>
      examples;  // two for help; "tenon-model inspect ..." shows in that job's help
  /// More lines for --version -v, such as the kernels this processor can run; may be empty.
  std::function<std::string()> build_facts = {};
};

struct Positional {
  std::string name;  // "MODEL"
  std::string help;
  bool is_required = true;
  bool is_file = true;  // completion offers files
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
  std::string format = "text";  // text, json, jsonl, tsv: a job names those it has
  int quiet = 0;
  int verbose = 0;
  std::string progress = "auto";
  std::string color = "auto";
  std::int64_t threads = 0;  // 0: all processors this process may use
  std::uint64_t seed = 0;
  bool seed_was_given = false;
  std::string kernels = "auto";  // also TENON_KERNELS; the kernel library knows the names
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

  /// Parses, runs, prints errors; returns the exit status (tenon(7), EXIT STATUS), which main()
  /// returns. Where SIGINT or a closed pipe ended the job, the signal is raised again and run()
  /// does not return.
  int run(int argc, const char* const* argv);

  /// What is wrong with the flag tables: help that is no sentence, a default outside its range or
  /// choices, one name with two meanings in two jobs. Empty when all is well; a test of every
  /// command.
  std::vector<std::string> check() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace tenon::cli
