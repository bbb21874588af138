#include "cli/table_check.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/error.h"
#include "job_of_options.h"

using namespace tenon;
using namespace tenon::cli;

namespace {

bool complains(const JobOfOptions& command, const std::string& of) {
  const auto problems = check_tables(command.info, command.jobs);
  return std::any_of(problems.begin(), problems.end(), [&](const std::string& problem) {
    return problem.find(of) != std::string::npos;
  });
}

// A job with one more option, registered as `spec` says.
template <typename Value>
JobOfOptions with(const OptionSpec& spec, Value& value) {
  JobOfOptions command;
  command.job().add(spec, value);
  return command;
}

}  // namespace

TEST_SUITE("table_check") {
  TEST_CASE("a table without fault has no problems") {
    CHECK(check_tables(JobOfOptions().info, JobOfOptions().jobs).empty());
    JobOfOptions verbs("tenon-x", "list");
    verbs.add_job("show");
    CHECK(check_tables(verbs.info, verbs.jobs).empty());
  }

  TEST_CASE("each fault of an option is found") {
    std::int64_t number = 5;
    std::string text = "c";
    bool flag = false;
    CHECK(complains(
        with({.name = "--xx", .group = "G", .help = "Ends with a stop.", .value = "N"}, number),
        "full stop"));
    CHECK(complains(with({.name = "--xx", .group = "G", .help = "", .value = "N"}, number),
                    "full stop"));
    CHECK(
        complains(with({.name = "--xx", .group = "G", .help = "two\nlines", .value = "N"}, number),
                  "full stop"));
    CHECK(complains(with({.name = "--xx", .group = "", .help = "h", .value = "N"}, number),
                    "in no group"));
    CHECK(complains(with({.name = "--xx", .group = "G", .help = "h"}, number), "has no name"));
    CHECK(complains(with({.name = "--xx", .group = "G", .help = "h", .value = "N"}, flag),
                    "takes no value"));
    CHECK(complains(with({.name = "--xx_y", .group = "G", .help = "h", .value = "N"}, number),
                    "lower-case"));
    CHECK(complains(
        with({.name = "--xx", .group = "G", .help = "h", .value = "N", .minimum = 6}, number),
        "the default 5"));
    CHECK(complains(
        with({.name = "--xx", .group = "G", .help = "h", .value = "N", .maximum = 4}, number),
        "the default 5"));
    CHECK(complains(
        with({.name = "--xx", .group = "G", .help = "h", .value = "C", .choices = {"a", "b"}},
             text),
        "none of its choices"));
    CHECK(complains(with({.name = "-v,--xx", .group = "G", .help = "h", .value = "N"}, number),
                    "stands for --"));
  }

  TEST_CASE("one name with two meanings in two jobs is found") {
    JobOfOptions command("tenon-x", "list");
    command.add_job("show");
    double first = 1, second = 2;
    command.jobs[0]->add({.name = "--limit", .group = "A", .help = "h", .value = "X"}, first);
    command.jobs[1]->add({.name = "--limit", .group = "B", .help = "h", .value = "X"}, first);
    CHECK(check_tables(command.info, command.jobs).empty());  // the group does not matter
    JobOfOptions other("tenon-x", "list");
    other.add_job("show");
    other.jobs[0]->add({.name = "--limit", .group = "A", .help = "h", .value = "X"}, first);
    other.jobs[1]->add({.name = "--limit", .group = "A", .help = "h", .value = "X"}, second);
    CHECK(complains(other, "--limit: it means something else"));
  }

  TEST_CASE("faults of a command are found") {
    JobOfOptions command;
    command.info.summary = "ends with a stop.";
    CHECK(complains(command, "the summary"));
    command.info.summary = "fine";
    command.info.examples.pop_back();
    CHECK(complains(command, "two examples"));
    command.info.examples = {{"tenon-x a", "one"}, {"tenon-y b", "other"}};
    CHECK(complains(command, "does not run it"));
  }

  TEST_CASE("a name that every command has already cannot be registered") {
    JobOfOptions command;
    std::int64_t number = 0;
    for (const char* name : {"--threads", "-t,--seed", "--help", "--format"})
      CHECK_THROWS_AS(
          command.job().add({.name = name, .group = "G", .help = "h", .value = "N"}, number),
          Error);
  }
}
