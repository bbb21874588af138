#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// What a reader of help, man page or completion needs to know of one option.
struct OptionSpec {
  std::string name;        // "--top-k", or "-j,--threads": at most one letter form, long form last
  std::string group;       // "Sampling"; groups appear in the order they are first used
  std::string help;        // one sentence without a final full stop: what it does, its unit
  std::string value = {};  // name of the value in help: "N", "FILE", "TEXT"; empty for a switch
  std::vector<std::string> choices = {};                      // allowed words; empty: free
  double minimum = -std::numeric_limits<double>::infinity();  // of numbers, inclusive
  double maximum = std::numeric_limits<double>::infinity();
  bool is_common = false;  // shown by -h; --help shows all
  bool is_file = false;    // completion offers file names
};

/// Where option structs register their fields. The library knows no parser: lib/cli implements this
/// over one, and every command that takes the same struct spells its flags alike. The value bound at
/// registration is the default shown in help. Each reference must outlive parsing.
class OptionRegistry {
 public:
  virtual ~OptionRegistry() = default;

  virtual void add(const OptionSpec& spec, bool& value) = 0;  // a switch; --no-NAME turns it off
  virtual void add(const OptionSpec& spec, std::int64_t& value) = 0;
  virtual void add(const OptionSpec& spec, double& value) = 0;
  virtual void add(const OptionSpec& spec, std::string& value) = 0;  // with choices: an enumeration
  virtual void add(const OptionSpec& spec, std::vector<std::string>& values) = 0;  // repeatable
  virtual void add_bytes(const OptionSpec& spec, std::int64_t& bytes) = 0;         // 64MiB, 1e6
  virtual void add_seconds(const OptionSpec& spec, double& seconds) = 0;           // 5us, 1.5s
};

}  // namespace tenon
