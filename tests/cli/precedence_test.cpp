#include "cli/precedence.h"

#include <doctest/doctest.h>

#include <map>

#include "base/error.h"
#include "folder.h"
#include "job_of_options.h"

using namespace tenon;
using namespace tenon::cli;
using Words = std::vector<std::string>;

namespace {

Environment variables(std::map<std::string, std::string> values) {
  return [values](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

void fill(JobOfOptions& command, const Words& words, const Environment& environment) {
  const CommandLine line = split_command_line(command.jobs, words);
  fill_options(command.job(), line.arguments, environment, command.all());
}

std::string refusal(const Words& words, const Environment& environment = variables({})) {
  JobOfOptions command;
  try {
    fill(command, words, environment);
    return {};
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::Usage);
    return error.what();
  }
}

}  // namespace

TEST_SUITE("precedence") {
  TEST_CASE("command line over environment over config over default") {
    const Folder folder;
    folder.write("config.json", R"({"mode": "upper", "copies": 3, "warmth": 0.5, "chat": true})");
    JobOfOptions command;
    fill(command, {"--copies", "5", "--config", folder.path("config.json")},
         variables({{"TENON_X_COPIES", "4"}, {"TENON_X_WARMTH", "2"}, {"TENON_Y_MODE", "plain"}}));
    CHECK(command.copies == 5);
    CHECK(command.warmth == 2);
    CHECK(command.mode == "upper");
    CHECK(command.chat);
    CHECK(command.size == 1024);
    for (const char* given : {"copies", "warmth", "mode", "chat"})
      CHECK(command.job().was_given(given));
    CHECK(command.job().was_given("--copies"));
    CHECK_FALSE(command.job().was_given("size"));
    CHECK_THROWS_AS(command.job().was_given("sise"), Error);
  }

  TEST_CASE("a higher source replaces a list, it does not add to it") {
    const Folder folder;
    folder.write("config.json", R"({"stop": ["a", "b"]})");
    JobOfOptions command;
    fill(command, {"--config", folder.path("config.json"), "--stop", "c"}, variables({}));
    CHECK(command.stops == Words{"c"});
    JobOfOptions other;
    fill(other, {}, variables({{"TENON_X_CONFIG", folder.path("config.json")}}));
    CHECK(other.stops == Words{"a", "b"});
  }

  TEST_CASE("a wrong word is refused under the name it was given by") {
    CHECK(refusal({"--copies", "12"}) == "--copies is 12, it must be from 0 to 9");
    CHECK(refusal({"--mode", ""}) == "--mode is \"\", it must be one of plain, upper");
    CHECK(refusal({"--mode", "a b"}) == "--mode is \"a b\", it must be one of plain, upper");
    CHECK(refusal({"--mode", "\x1b[2J"}) ==
          "--mode is \"\\x1B[2J\", it must be one of plain, upper");
    CHECK(refusal({}, variables({{"TENON_X_COPIES", "12"}})) ==
          "TENON_X_COPIES is 12, it must be from 0 to 9");
    // A wrong value that a better source hides does no harm.
    CHECK(refusal({"--copies", "1"}, variables({{"TENON_X_COPIES", "12"}})).empty());
    const Folder folder;
    folder.write("config.json", R"({"copies": 12})");
    const std::string path = folder.path("config.json");
    CHECK(refusal({"--config", path}) ==
          path + " at /copies: copies is 12, it must be from 0 to 9");
    CHECK(refusal({"--config", path, "--copies", "2"}).empty());
  }

  TEST_CASE("words are shared out over positionals, a list taking the rest") {
    struct Case {
      Words words;
      std::string first;
      Words list;
      std::string last;
    };
    for (const Case& expected :
         {Case{{"a", "z"}, "a", {}, "z"}, Case{{"a", "b", "z"}, "a", {"b"}, "z"},
          Case{{"a", "b", "c", "z"}, "a", {"b", "c"}, "z"}}) {
      CommandJob job("tenon-x", "", "", {"text"}, {});
      std::string first, last;
      Words list;
      job.positional({.name = "FIRST", .help = "h"}, first);
      job.positional({.name = "LIST", .help = "h", .is_required = true}, list);
      job.positional({.name = "LAST", .help = "h"}, last);
      if (expected.list.empty()) {
        CHECK_THROWS_WITH_AS(fill_positionals(job, expected.words), "missing LIST", Error);
      } else {
        fill_positionals(job, expected.words);
        CHECK(list == expected.list);
        CHECK(job.was_given("LIST"));
      }
      CHECK(first == expected.first);
      CHECK(last == expected.last);
    }
  }

  TEST_CASE("missing and superfluous words are named") {
    JobOfOptions command;
    CHECK_THROWS_WITH_AS(fill_positionals(command.job(), {}), "missing INPUT", Error);
    JobOfOptions other;
    fill_positionals(other.job(), {"a", "b", "c"});
    CHECK(other.more == Words{"b", "c"});
    CommandJob job("tenon-x", "", "", {"text"}, {});
    CHECK_THROWS_WITH_AS(fill_positionals(job, {"a"}), "unexpected argument \"a\"", Error);
  }

  TEST_CASE("positionals that could be read two ways are refused at registration") {
    std::string one;
    Words list, second;
    CommandJob job("tenon-x", "", "", {"text"}, {});
    job.positional({.name = "LIST", .help = "h", .is_required = false}, list);
    CHECK_THROWS_AS(job.positional({.name = "SECOND", .help = "h", .is_required = false}, second),
                    Error);
    CHECK_THROWS_AS(job.positional({.name = "ONE", .help = "h"}, one), Error);
  }

  TEST_CASE("only variables that look like one of the command's are told to be misspelt") {
    const JobOfOptions command("tenon-x");
    const auto warnings = misspelt_variables(
        {"TENON_X_COPEIS", "TENON_X_COPIES", "TENON_X_FOLDER_OF_SCRIPTS"}, command.all());
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find("did you mean TENON_X_COPIES?") != std::string::npos);
  }
}
