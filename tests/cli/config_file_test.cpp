#include "cli/config_file.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "folder.h"
#include "job_of_options.h"

using namespace tenon;
using namespace tenon::cli;
using Words = std::vector<std::string>;

namespace {

JobOfOptions two_jobs() {
  JobOfOptions command("tenon-x", "list");
  command.add_job("show");
  return command;
}

std::vector<ConfigEntry> entries(const std::string& json, const JobOfOptions& command) {
  const Folder folder;
  folder.write("c.json", json);
  return read_config_file(folder.path("c.json"), *command.jobs.front(), command.all());
}

// What is wrong with a file, from the place on.
std::string complaint(const std::string& json) {
  const Folder folder;
  folder.write("c.json", json);
  const JobOfOptions command;
  try {
    read_config_file(folder.path("c.json"), *command.jobs.front(), command.all());
    return {};
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::Usage);
    return std::string(error.what()).substr(folder.path("c.json").size());
  }
}

}  // namespace

TEST_SUITE("config_file") {
  TEST_CASE("values become the words of a command line") {
    const auto read =
        entries(R"({"chat": false, "copies": 3, "warmth": 0.25, "size": 1e6, "wait": "5us",
                                 "stop": ["a", "[b]"], "mode": "upper", "verbose": true, "seed": "random"})",
                JobOfOptions());
    const std::vector<std::pair<std::string, Words>> expected = {
        {"chat", {"false"}},   {"copies", {"3"}},     {"warmth", {"0.25"}},
        {"size", {"1000000"}}, {"wait", {"5us"}},     {"stop", {"a", "[b]"}},
        {"mode", {"upper"}},   {"verbose", {"true"}}, {"seed", {"random"}}};
    REQUIRE(read.size() == expected.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
      CHECK(read[i].name == expected[i].first);
      CHECK(read[i].words == expected[i].second);
      CHECK(read[i].pointer == "/" + expected[i].first);
    }
    CHECK(entries(R"({"seed": 18446744073709551615})", JobOfOptions())[0].words ==
          Words{"18446744073709551615"});
    CHECK(entries("{}", JobOfOptions()).empty());
  }

  TEST_CASE("the object of a verb wins over the outer one, that of another verb is checked only") {
    const auto read =
        entries(R"({"list": {"copies": 2}, "copies": 1, "show": {"copies": 3}})", two_jobs());
    REQUIRE(read.size() == 2);
    CHECK(read[0].words == Words{"1"});
    CHECK(read[1].words == Words{"2"});
    CHECK(read[1].pointer == "/list/copies");
    CHECK_THROWS_AS(entries(R"({"show": {"copies": "x"}})", two_jobs()), Error);
    CHECK_THROWS_AS(entries(R"({"show": {"copeis": 1}})", two_jobs()), Error);
    CHECK_THROWS_AS(entries(R"({"list": {"show": {"copies": 1}}})", two_jobs()), Error);
  }

  TEST_CASE("keys that name no option, or one of the command line, are refused at their place") {
    CHECK(complaint(R"({"copeis": 1})") == " at /copeis: no option has this name");
    CHECK(complaint(R"({"--copies": 1})") == " at /--copies: no option has this name");
    CHECK(complaint(R"({"n": 1})") == " at /n: no option has this name");
    CHECK(complaint(R"({"INPUT": "x"})").find("is an argument") != std::string::npos);
    for (const char* name : {"help", "version", "generate", "config"})
      CHECK(complaint("{\"" + std::string(name) + "\": \"x\"}")
                .find("stands on the command line only") != std::string::npos);
  }

  TEST_CASE("types are checked") {
    for (const char* json : {R"({"chat": 1})", R"({"chat": "true"})", R"({"copies": "1"})",
                             R"({"copies": true})", R"({"mode": 1})", R"({"mode": null})",
                             R"({"mode": ["plain"]})", R"({"stop": [1]})", R"({"stop": {"a": 1}})",
                             R"({"wait": false})", R"({"seed": "x"})", R"({"warmth": "1"})"}) {
      CAPTURE(json);
      CHECK(complaint(json).find("it must be") != std::string::npos);
    }
    CHECK(complaint(R"({"stop": "a"})").empty());
    CHECK(complaint(R"({"size": "64MiB"})").empty());
  }

  TEST_CASE("what is no JSON object is refused with the line") {
    CHECK(complaint("{\n\"mode\": \"upper\",\n}").find(":3: is not JSON") == 0);
    CHECK(complaint("[]") == ": must be one JSON object");
    CHECK(complaint("\"text\"") == ": must be one JSON object");
    CHECK(complaint("").find("is not JSON") != std::string::npos);
    CHECK(complaint("{} {}").find("is not JSON") != std::string::npos);
    CHECK(complaint("{\"mode\": \"\xFF\"}").find("is not JSON") != std::string::npos);
    CHECK(complaint(R"({"mode": "plain", "mode": "upper"})").find("stands twice") !=
          std::string::npos);
  }

  TEST_CASE("deep nesting is an error, not a crash") {
    const std::string deep(200000, '[');
    CHECK_FALSE(complaint("{\"mode\": " + deep).empty());
  }

  TEST_CASE("a file cut at any byte is refused or means the same") {
    const std::string whole = R"({"mode": "upper", "stop": ["a"], "copies": 3})";
    for (std::size_t size = 0; size < whole.size(); ++size)
      CHECK_FALSE(complaint(whole.substr(0, size)).empty());
    CHECK(complaint(whole).empty());
  }
}
