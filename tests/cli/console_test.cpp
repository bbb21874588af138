#include "cli/console.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "stderr_of.h"

using namespace tenon;
using namespace tenon::cli;

namespace {

std::string shown(const Error& error) {
  return stderr_of([&] { Console("tenon-x").error(error); });
}

}  // namespace

TEST_SUITE("console") {
  TEST_CASE("an error is a line that says what and where, and one that says how to mend it") {
    CHECK(shown(Error(ErrorKind::Input, "width is -4")
                    .at("dets.json", 3, "/3/bbox")
                    .hint("make it positive")) ==
          "tenon-x: error: dets.json:3 at /3/bbox: width is -4\ntenon-x: hint: make it positive\n");
    CHECK(shown(Error(ErrorKind::Input, "bad")) == "tenon-x: error: bad\n");
    CHECK(shown(Error(ErrorKind::Internal, "oops")) == "tenon-x: error: internal error: oops\n");
  }

  TEST_CASE("a missing file is answered with its neighbours, whoever reports it") {
    const Folder folder;
    folder.write("tiny.gguf", "");
    const std::string meant = "did you mean \"" + folder.path("tiny.gguf") + "\"?";
    const Error missing = Error(ErrorKind::Resource, "cannot open: No such file or directory")
                              .at(folder.path("tiny.guf"));
    CHECK(shown(missing).find("hint: " + meant) != std::string::npos);
    CHECK(shown(Error(missing).hint("mine")).find("hint: mine\n") != std::string::npos);
    // Not of a file that cannot be created.
    CHECK(shown(Error(ErrorKind::Resource, "cannot create: Permission denied")
                    .at(folder.path("tiny.guf")))
              .find("hint") == std::string::npos);
  }

  TEST_CASE("what a message quotes cannot break the line or steer the terminal") {
    CHECK(shown(Error(ErrorKind::Input, "a\nb").at("\x1b[31m").hint("\r\x7f\u009b")) ==
          "tenon-x: error: \\x1B[31m: a\\x0Ab\ntenon-x: hint: \\x0D\\x7F\\xC2\\x9B\n");
    CHECK(shown(Error(ErrorKind::Input, "caf\u00e9 \u20ac")) ==
          "tenon-x: error: caf\u00e9 \u20ac\n");
  }

  TEST_CASE("colour marks the word and nothing else") {
    const std::string text = stderr_of([] {
      Console console("tenon-x");
      console.set_color(true);
      console.error("bad", "mend");
      console.warning("hm", "");
      console.note("so");
    });
    CHECK(text ==
          "tenon-x: \x1b[1;31merror:\x1b[0m bad\ntenon-x: \x1b[1;36mhint:\x1b[0m mend\n"
          "tenon-x: \x1b[1;33mwarning:\x1b[0m hm\ntenon-x: note: so\n");
  }

  TEST_CASE("lines of several threads do not mix") {
    const std::string text = stderr_of([] {
      Console console("x");
      std::vector<std::thread> threads;
      for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
          for (int k = 0; k < 50; ++k) console.note("aaaaaaaaaa");
        });
      for (std::thread& thread : threads) thread.join();
    });
    std::string expected;
    for (int i = 0; i < 200; ++i) expected += "x: note: aaaaaaaaaa\n";
    CHECK(text == expected);
  }
}
