#include "cli/command_line.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "job_of_options.h"

using namespace tenon;
using namespace tenon::cli;
using Words = std::vector<std::string>;

namespace {

// "error | hint" of a command line, or nothing if it is right.
std::string complaint(const JobOfOptions& command, const Words& words) {
  try {
    check_command_line(command.info.name, command.jobs, split_command_line(command.jobs, words));
    return {};
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::Usage);
    return error.message() + " | " + error.hint();
  }
}

JobOfOptions with_verbs() {
  JobOfOptions command("tenon-x", "list");
  command.add_job("show");
  return command;
}

}  // namespace

TEST_SUITE("command_line") {
  TEST_CASE("a command without verbs has its job at once") {
    JobOfOptions command;
    const CommandLine line = split_command_line(command.jobs, {"a", "--mode", "upper"});
    CHECK(line.job == &command.job());
    CHECK(line.arguments.positionals == Words{"a"});
    CHECK_FALSE(has_verbs(command.jobs));
  }

  TEST_CASE("the verb chooses the job, and options may stand on both sides") {
    const JobOfOptions command = with_verbs();
    const CommandLine line =
        split_command_line(command.jobs, {"-v", "--seed", "1", "show", "a", "--seed", "2", "show"});
    CHECK(line.job == command.jobs[1].get());
    CHECK(line.arguments.positionals == Words{"a", "show"});
    CHECK(line.arguments.words.at("seed") == Words{"1", "2"});  // the later one wins
    CHECK(line.arguments.words.at("verbose") == Words{"true"});
    CHECK(full_name("tenon-x", line.job) == "tenon-x show");
  }

  TEST_CASE("a slip in a verb or an option is answered with what was meant") {
    CHECK(complaint(JobOfOptions(), {"--mod"}) ==
          "unknown option --mod | did you mean --mode? (tenon-x --help lists all)");
    CHECK(complaint(JobOfOptions(), {"--no-cht"}).find("did you mean --no-chat?") !=
          std::string::npos);
    CHECK(complaint(JobOfOptions(), {"--mode=upper", "--xyzzy=5"}) ==
          "unknown option --xyzzy | tenon-x --help lists all options");
    CHECK(complaint(JobOfOptions(), {"--copies"}).find("the option --copies needs a value") == 0);
    const JobOfOptions command = with_verbs();
    CHECK(complaint(command, {}) == "missing VERB | the verbs of tenon-x are list, show");
    CHECK(complaint(command, {"shwo"}) == "unknown verb \"shwo\" | did you mean show?");
    CHECK(complaint(command, {"--copies", "show", "a"})
              .find("the option --copies stands before the verb") == 0);
    CHECK(complaint(command, {"show", "--mode", "upper", "a"}).empty());
  }

  TEST_CASE("an option of another job is told to be one") {
    JobOfOptions command = with_verbs();
    double limit = 0;
    command.jobs[1]->add({.name = "--limit", .group = "G", .help = "h", .value = "X"}, limit);
    CHECK(
        complaint(command, {"list", "a", "--limit", "1"}).find("it is an option of tenon-x show") !=
        std::string::npos);
  }
}
