#include "base/option_registry.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace tenon;

namespace {

/// A registry that writes down what it is told, and sets every value: option structs know no parser.
class Notebook : public OptionRegistry {
 public:
  void add(const OptionSpec& spec, bool& value) override { note(spec), value = !value; }
  void add(const OptionSpec& spec, std::int64_t& value) override { note(spec), value = 7; }
  void add(const OptionSpec& spec, double& value) override { note(spec), value = 0.5; }
  void add(const OptionSpec& spec, std::string& value) override { note(spec), value = "word"; }
  void add(const OptionSpec& spec, std::vector<std::string>& values) override {
    note(spec), values = {"a", "b"};
  }
  void add_bytes(const OptionSpec& spec, std::int64_t& bytes) override { note(spec), bytes = 1024; }
  void add_seconds(const OptionSpec& spec, double& seconds) override { note(spec), seconds = 2; }

  std::string names;

 private:
  void note(const OptionSpec& spec) { names += spec.name + " "; }
};

/// As an option struct of the library does it.
struct Settings {
  bool chat = false;
  std::int64_t count = 1;
  double warmth = 0;
  std::string mode = "plain";
  std::vector<std::string> stops;
  std::int64_t buffer_bytes = 0;
  double wait_seconds = 0;

  void add_to(OptionRegistry& registry) {
    registry.add({.name = "--chat", .group = "G", .help = "h"}, chat);
    registry.add({.name = "--count", .group = "G", .help = "h", .value = "N"}, count);
    registry.add({.name = "--warmth", .group = "G", .help = "h", .value = "X"}, warmth);
    registry.add({.name = "--mode", .group = "G", .help = "h", .value = "M"}, mode);
    registry.add({.name = "--stop", .group = "G", .help = "h", .value = "T"}, stops);
    registry.add_bytes({.name = "--buffer", .group = "G", .help = "h", .value = "S"}, buffer_bytes);
    registry.add_seconds({.name = "--wait", .group = "G", .help = "h", .value = "T"}, wait_seconds);
  }
};

}  // namespace

TEST_SUITE("option_registry") {
  TEST_CASE("a registry reaches every kind of field through its reference") {
    Notebook notebook;
    Settings settings;
    settings.add_to(notebook);
    CHECK(notebook.names == "--chat --count --warmth --mode --stop --buffer --wait ");
    CHECK(settings.chat);
    CHECK(settings.count == 7);
    CHECK(settings.warmth == 0.5);
    CHECK(settings.mode == "word");
    CHECK(settings.stops.size() == 2);
    CHECK(settings.buffer_bytes == 1024);
    CHECK(settings.wait_seconds == 2);
  }

  TEST_CASE("an option is unlimited, uncommon and free unless it says otherwise") {
    const OptionSpec spec{.name = "--x", .group = "G", .help = "h"};
    CHECK(spec.minimum == -HUGE_VAL);
    CHECK(spec.maximum == HUGE_VAL);
    CHECK(spec.choices.empty());
    CHECK(spec.value.empty());
    CHECK_FALSE(spec.is_common);
    CHECK_FALSE(spec.is_file);
  }
}
