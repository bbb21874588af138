#include "cli/help.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "cli/option_text.h"
#include "job_of_options.h"

using namespace tenon::cli;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("help") {
  TEST_CASE("-h shows the common options and fits a screen") {
    JobOfOptions command;
    const std::string text = short_help(command.info, command.job(), {});
    CHECK(has(text, "--mode plain|upper"));
    CHECK(has(text, "(default plain)"));
    CHECK_FALSE(has(text, "--copies"));
    CHECK_FALSE(has(text, "TENON_X"));
    CHECK(has(text, "Examples:\n  tenon-x a\n  tenon-x b\n"));
    CHECK(has(text, "All options: tenon-x --help"));
    CHECK(lines_of(text).size() <= 24);
    CHECK(lines_of(text).front() == "tenon-x: do something");
  }

  TEST_CASE("--help shows every option with default, range and variable") {
    JobOfOptions command;
    const std::string text = full_help(command.info, command.job(), {});
    for (const Option* option : command.job().options()) {
      CHECK(has(text, shown_name(*option)));
      if (!option->environment.empty()) CHECK(has(text, option->environment));
    }
    CHECK(has(text,
              "-n, --copies N              how often (default 1; from 0 to 9; TENON_X_COPIES)"));
    CHECK(has(text, "--[no-]ends             end lines (default on; TENON_X_ENDS)"));
    CHECK(has(text, "a time (default 0.5s; TENON_X_WAIT)"));
    CHECK(has(text, "Usage: tenon-x [OPTIONS] INPUT [MORE...]"));
    CHECK(has(text, "tenon-x a\n      one"));
  }

  TEST_CASE("groups stand in the order of first use, those of every command last") {
    JobOfOptions command;
    const std::string text = full_help(command.info, command.job(), {});
    const auto place = [&](const std::string& heading) {
      return text.find("\n" + heading + ":\n");
    };
    CHECK(place("Examples") < place("Arguments"));
    CHECK(place("Arguments") < place("Text"));
    CHECK(place("Text") < place("Other"));
    CHECK(place("Other") < place("Output"));
    CHECK(place("Output") < place("General"));
    CHECK(place("General") != std::string::npos);
  }

  TEST_CASE("no line is longer than asked for") {
    JobOfOptions command;
    for (const int columns : {60, 80, 100}) {
      CAPTURE(columns);
      for (const std::string& line :
           lines_of(full_help(command.info, command.job(), {.columns = columns})))
        CHECK(line.size() <= static_cast<std::size_t>(columns));
    }
  }

  TEST_CASE("colour adds bold headings and flags and changes nothing else") {
    JobOfOptions command;
    std::string text = full_help(command.info, command.job(), {.has_color = true});
    CHECK(has(text, "\x1b[1mUsage:\x1b[0m"));
    CHECK(has(text, "\x1b[1m-n, --copies\x1b[0m N"));
    for (const std::string code : {"\x1b[1m", "\x1b[0m"})
      for (auto at = text.find(code); at != std::string::npos; at = text.find(code))
        text.erase(at, code.size());
    CHECK(text == full_help(command.info, command.job(), {}));
  }

  TEST_CASE("a command with verbs lists them, and each shows the examples that run it") {
    JobOfOptions command("tenon-x", "list");
    command.add_job("show");
    command.info.examples = {{"tenon-x list a", "names"}, {"cat a | tenon-x show -", "shows"}};
    const std::string text = verbs_help(command.info, command.jobs, {});
    CHECK(has(text, "  list                        do list\n"));
    CHECK(has(text, "  show                        do show\n"));
    CHECK(has(text, "tenon-x VERB --help"));
    const std::string show = full_help(command.info, *command.jobs[1], {});
    CHECK(has(show, "tenon-x show: do show"));
    CHECK(has(show, "cat a | tenon-x show -"));
    CHECK_FALSE(has(show, "tenon-x list"));
  }
}
