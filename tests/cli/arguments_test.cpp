#include "cli/arguments.h"

#include <doctest/doctest.h>

using namespace tenon::cli;
using Words = std::vector<std::string>;

namespace {

/// A table with one option of each kind that parsing tells apart.
struct Table {
  Table() : table("tenon-x") {
    table.add({.name = "--chat", .group = "G", .help = "h"}, chat);
    table.add({.name = "-n,--count", .group = "G", .help = "h", .value = "N"}, count);
    table.add({.name = "--stop", .group = "G", .help = "h", .value = "T"}, stops);
    table.add_count({.name = "-v,--verbose", .group = "G", .help = "h"}, verbose);
    table.add_action({.name = "-h,--help", .group = "G", .help = "h"});
  }

  Arguments split(const Words& words, bool stop_at_positional = false) const {
    std::vector<const Option*> options;
    for (const auto& option : table.options()) options.push_back(option.get());
    return split_arguments(options, words, stop_at_positional);
  }

  OptionTable table;
  bool chat = false;
  std::int64_t count = 0;
  Words stops;
  int verbose = 0;
};

}  // namespace

TEST_SUITE("arguments") {
  TEST_CASE("flags and positionals may stand in any order") {
    const Arguments got = Table().split({"a", "--count", "3", "b", "--chat", "c"});
    CHECK(got.positionals == Words{"a", "b", "c"});
    CHECK(got.words.at("count") == Words{"3"});
    CHECK(got.words.at("chat") == Words{"true"});
    CHECK(got.unknown.empty());
  }

  TEST_CASE("values are joined by a blank, an equals sign or, to a letter, by nothing") {
    CHECK(Table().split({"--count=3", "--count", "4", "-n", "5", "-n6"}).words.at("count") ==
          Words{"3", "4", "5", "6"});
  }

  TEST_CASE("a value may look like anything") {
    CHECK(Table()
              .split({"--stop", "--chat", "--stop=-x", "--stop", "-", "--stop", "[a,b]", "--stop",
                      "--", "--stop", "%%", "--stop", "{}"})
              .words.at("stop") == Words{"--chat", "-x", "-", "[a,b]", "--", "%%", "{}"});
    CHECK(Table().split({"--count", "-1"}).words.at("count") == Words{"-1"});
  }

  TEST_CASE("an empty value is one, however it is written") {
    const Arguments got = Table().split({"--stop=", "a", "--stop", "", "--stop", "--count="});
    CHECK(got.words.at("stop") == Words{"", "", "--count="});
    CHECK(got.positionals == Words{"a"});
    CHECK(Table().split({"--", "--stop="}).positionals == Words{"--stop="});
  }

  TEST_CASE("switches give what each occurrence says, in order") {
    CHECK(Table()
              .split({"--chat", "--no-chat", "--chat=false", "--no-chat=false", "--chat=x"})
              .words.at("chat") == Words{"true", "false", "false", "true", "x"});
    CHECK(Table().split({"-vv", "--no-verbose", "-v", "--verbose"}).words.at("verbose") ==
          Words{"true", "true", "false", "true", "true"});
  }

  TEST_CASE("the short and the long form of help are told apart") {
    CHECK(Table().split({"-h"}).words.at("help") == Words{"short"});
    CHECK(Table().split({"--help"}).words.at("help") == Words{"full"});
    CHECK(Table().split({"-vh"}).words.at("help") == Words{"short"});
  }

  TEST_CASE("unknown options are told from positionals") {
    const Arguments got =
        Table().split({"--bogus", "x", "-z", "--bogus=3", "-1", "-", "- a", "/x"});
    CHECK(got.unknown == Words{"--bogus", "-z", "--bogus=3"});
    CHECK(got.positionals == Words{"x", "-1", "-", "- a", "/x"});
  }

  TEST_CASE("behind -- everything is a positional") {
    const Arguments got = Table().split({"--chat", "--", "--bogus", "-n", "--", "-h"});
    CHECK(got.positionals == Words{"--bogus", "-n", "--", "-h"});
    CHECK(got.unknown.empty());
    CHECK(got.words.count("count") == 0);
  }

  TEST_CASE("a last option without its value is named") {
    CHECK(Table().split({"a", "--count"}).without_value == "--count");
    CHECK(Table().split({"a", "-n"}).without_value == "-n");
    CHECK(Table().split({"a", "--count", "1"}).without_value.empty());
  }

  TEST_CASE("a verb ends the parse and keeps what follows as it stands") {
    const Arguments got =
        Table().split({"-v", "--count", "3", "list", "--chat", "--", "-x", "--y="}, true);
    CHECK(got.words.at("verbose") == Words{"true"});
    CHECK(got.words.at("count") == Words{"3"});
    CHECK(got.words.count("chat") == 0);
    CHECK(got.positionals == Words{"list", "--chat", "--", "-x", "--y="});
  }

  TEST_CASE("++ and other words that parsers like are words") {
    CHECK(Table().split({"++", "%%", "{}", ""}).positionals == Words{"++", "%%", "{}", ""});
  }
}
