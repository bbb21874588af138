#include "cli/terminal.h"

#include <doctest/doctest.h>
#include <pty.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/environment.h"

using namespace tenon::cli;

namespace {

/// Both ends of a terminal, `columns` wide.
struct Terminal {
  explicit Terminal(unsigned short columns) {
    winsize size{};
    size.ws_col = columns;
    size.ws_row = 24;
    REQUIRE(::openpty(&master, &slave, nullptr, nullptr, &size) == 0);
  }
  ~Terminal() {
    ::close(master);
    ::close(slave);
  }
  int master = -1, slave = -1;
};

}  // namespace

TEST_SUITE("terminal") {
  TEST_CASE("a terminal is known, with its width") {
    const Terminal terminal(123);
    CHECK(is_terminal(terminal.slave));
    CHECK(terminal_columns(terminal.slave) == 123);
    const Terminal silent(0);
    CHECK(terminal_columns(silent.slave) == 80);
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    CHECK_FALSE(is_terminal(ends[1]));
    CHECK(terminal_columns(ends[1]) == 80);
    ::close(ends[0]);
    ::close(ends[1]);
  }

  TEST_CASE("colour needs a terminal that can, and nobody against it") {
    const Terminal terminal(80);
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    ::unsetenv("NO_COLOR");
    ::setenv("TERM", "xterm", 1);
    CHECK(use_color("auto", terminal.slave));
    CHECK_FALSE(use_color("auto", ends[1]));
    CHECK(use_color("always", ends[1]));
    CHECK_FALSE(use_color("never", terminal.slave));
    ::setenv("NO_COLOR", "", 1);  // set but empty: no-color.org wants it not empty
    CHECK(use_color("auto", terminal.slave));
    ::setenv("NO_COLOR", "1", 1);
    CHECK_FALSE(use_color("auto", terminal.slave));
    CHECK(use_color("always", terminal.slave));
    ::unsetenv("NO_COLOR");
    ::setenv("TERM", "dumb", 1);
    CHECK_FALSE(use_color("auto", terminal.slave));
    ::unsetenv("TERM");
    CHECK_FALSE(use_color("auto", terminal.slave));
    ::close(ends[0]);
    ::close(ends[1]);
  }

  TEST_CASE("variables are found by name and by prefix") {
    ::setenv("TENON_TEST_B", "2", 1);
    ::setenv("TENON_TEST_A", "1", 1);
    ::setenv("TENON_TEST_EMPTY", "", 1);
    CHECK(environment("TENON_TEST_A") == "1");
    CHECK_FALSE(environment("TENON_TEST_EMPTY"));
    CHECK_FALSE(environment("TENON_TEST_NOT_SET"));
    const auto names = environment_names("TENON_TEST_");
    std::vector<std::string> ours;
    for (const auto& name : names)
      if (name.size() < 17 && name != "TENON_TEST_MODEL") ours.push_back(name);
    CHECK(ours == std::vector<std::string>{"TENON_TEST_A", "TENON_TEST_B", "TENON_TEST_EMPTY"});
    for (const char* name : {"TENON_TEST_A", "TENON_TEST_B", "TENON_TEST_EMPTY"}) ::unsetenv(name);
  }
}
