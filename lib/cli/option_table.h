#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/option_registry.h"

/// The flags of one job as data: parsing, help, man block, completion and checks all read this
/// table.
namespace tenon::cli {

enum class ValueKind {
  Switch,  // --x and --no-x, the last one wins
  Count,   // -v -v, --no-verbose is back to 0
  Action,  // --version: asks for something else than the job
  Integer,
  Real,
  Seed,  // a whole number from 0, or "random"
  Text,
  TextList,  // may be repeated
  Bytes,
  Seconds,
};

/// A word that an option cannot take; the parser puts the flag, variable or file in front.
struct BadValue {
  std::string value;     // as given
  std::string expected;  // "from 0 to 1"
  std::string hint;      // "did you mean jsonl?", or nothing
};

struct Option {
  OptionSpec spec;
  std::string name;  // "top-k"
  char letter = 0;   // 'j', or 0
  ValueKind kind = ValueKind::Text;
  std::string default_text;                 // as help shows it; empty: none worth showing
  std::string environment;                  // "TENON_GENERATE_TOP_K"; empty: command line only
  bool is_configurable = true;              // may stand in a --config file
  std::vector<std::string> hidden_choices;  // taken, but not shown
  /// Reads the words of one source (all of them, in order) into the bound value; throws BadValue.
  std::function<void(const std::vector<std::string>&)> assign;
  std::function<bool()> is_at_default;  // of a switch: given, but back where it was
  bool was_given = false;               // by command line, environment or config

  bool takes_value() const {
    return kind != ValueKind::Switch && kind != ValueKind::Count && kind != ValueKind::Action;
  }
  /// "from 0 to 1", "at least 1", or nothing.
  std::string range_text() const;
};

/// "TENON_GENERATE_TOP_K": the variable for option "top-k" of "tenon-generate".
std::string environment_name(std::string_view command, std::string_view option);

class OptionTable : public OptionRegistry {
 public:
  /// `command` is "tenon-generate": it makes the names of environment variables.
  explicit OptionTable(std::string command) : command_(std::move(command)) {}

  void add(const OptionSpec& spec, bool& value) override;
  void add(const OptionSpec& spec, std::int64_t& value) override;
  void add(const OptionSpec& spec, double& value) override;
  void add(const OptionSpec& spec, std::string& value) override;
  void add(const OptionSpec& spec, std::vector<std::string>& values) override;
  void add_bytes(const OptionSpec& spec, std::int64_t& bytes) override;
  void add_seconds(const OptionSpec& spec, double& seconds) override;

  void add_count(const OptionSpec& spec, int& count);
  void add_seed(const OptionSpec& spec, std::uint64_t& seed, bool& was_given);
  /// A flag that asks for something else than the job; not read from environment or config.
  Option& add_action(const OptionSpec& spec);

  const std::vector<std::unique_ptr<Option>>& options() const { return options_; }
  /// By long name, with or without the dashes; null if there is none.
  Option* find(std::string_view name) const;

 private:
  Option& insert(const OptionSpec& spec, ValueKind kind);

  std::string command_;
  std::vector<std::unique_ptr<Option>> options_;  // addresses stay
};

}  // namespace tenon::cli
