#include "cli/completion.h"

#include <doctest/doctest.h>

#include "job_of_options.h"

using namespace tenon::cli;

TEST_SUITE("completion") {
  TEST_CASE("an option is all the words that mean it") {
    JobOfOptions command;
    using Words = std::vector<std::string>;
    CHECK(flag_words(*command.job().find("copies")) == Words{"-n", "--copies"});
    CHECK(flag_words(*command.job().find("chat")) == Words{"--chat", "--no-chat"});
    CHECK(flag_words(*command.job().find("verbose")) == Words{"-v", "--verbose", "--no-verbose"});
    CHECK(flag_words(*command.job().find("version")) == Words{"--version"});
  }

  // What the scripts do is tested by running them: tests/commands/trial/generate_bash and its neighbours.
  TEST_CASE("every script names every word of every job") {
    JobOfOptions command("tenon-x", "list");
    command.add_job("show");
    const std::string bash = bash_completion(command.info, command.jobs);
    const std::string zsh = zsh_completion(command.info, command.jobs);
    const std::string fish = fish_completion(command.info, command.jobs);
    for (const auto& job : command.jobs) {
      CHECK(bash.find("'" + job->verb() + "')") != std::string::npos);
      CHECK(zsh.find("_tenon_x_" + job->verb() + "()") != std::string::npos);
      CHECK(fish.find("-a " + job->verb()) != std::string::npos);
      for (const Option* option : job->options()) {
        CAPTURE(option->name);
        for (const std::string& word : flag_words(*option)) {
          CHECK(bash.find(word) != std::string::npos);
          CHECK(zsh.find(word) != std::string::npos);
        }
        CHECK(fish.find(" -l " + option->name + " ") != std::string::npos);
      }
    }
  }

  TEST_CASE("text of help does not break the quotes of a script") {
    JobOfOptions command;
    double value = 0;
    command.job().add({.name = "--xx", .group = "G", .help = "it's [a]: b\\c", .value = "X:Y"},
                      value);
    CHECK(zsh_completion(command.info, command.jobs).find("it'\\''s \\[a\\]\\: b\\\\c") !=
          std::string::npos);
    CHECK(fish_completion(command.info, command.jobs).find("'it\\'s [a]: b\\\\c'") !=
          std::string::npos);
  }
}
