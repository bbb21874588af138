#include "cli/progress.h"

#include <doctest/doctest.h>

#include "stderr_of.h"

using namespace tenon::cli;

namespace {

// A run of a hundred steps, `step_seconds` each.
std::string run(ProgressForm form, double step_seconds, int steps = 100) {
  return stderr_of([&] {
    double now = 0;
    Console console("tenon-x");
    const auto progress = start_progress(console, form, "work", steps, [&] { return now; });
    for (int i = 1; i <= steps; ++i) {
      now += step_seconds;
      progress->set(i);
    }
  });
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_SUITE("progress") {
  TEST_CASE("a bar tells part, count, rate and time left") {
    CHECK(bar_text("work", 50, 100, 5, 80) ==
          "work  [===============>              ]  50%  50/100  10.0/s  5 s left");
    CHECK(bar_text("work", 100, 100, 10, 80) ==
          "work  [==============================]  100%  100/100  10.0/s  0 s left");
    CHECK(bar_text("work", 0, 100, 1, 80) ==
          "work  [>                             ]  0%  0/100  0.0/s");
    CHECK(bar_text("work", 7, 0, 2, 80) == "work  7  3.5/s");
  }

  TEST_CASE("time left is told in words of its size") {
    CHECK(progress_line("work", 1, 126, 1) == "work: 1/126, 1.0/s, 2 min 5 s left");
    CHECK(progress_line("work", 1, 12001, 1) == "work: 1/12001, 1.0/s, 3 h 20 min left");
    CHECK(progress_line("work", 200, 400, 1) == "work: 200/400, 200/s, 1 s left");
    CHECK(progress_line("work", 5, -1, 2) == "work: 5, 2.5/s");
    CHECK(progress_line("work", 1, INT64_MAX, 1e9).find("left") != std::string::npos);
  }

  TEST_CASE("a bar is never wider than the terminal") {
    for (int columns = 1; columns < 120; ++columns) {
      CAPTURE(columns);
      CHECK(static_cast<int>(bar_text("reading a file", 123456, 1234567, 12, columns).size()) <
            std::max(columns, 2));
    }
  }

  TEST_CASE("work below half a second shows nothing") {
    CHECK(run(ProgressForm::Bar, 0.0049).empty());
  }

  TEST_CASE("longer work shows a bar ten times a second and erases it") {
    const std::string text = run(ProgressForm::Bar, 0.02);  // two seconds
    CHECK(count(text, "work  [") >= 14);
    CHECK(count(text, "work  [") <= 16);
    CHECK(text.substr(text.size() - 4) == "\r\x1b[K");
  }

  TEST_CASE("lines come every ten seconds") {
    const std::string text = run(ProgressForm::Lines, 0.35);  // 35 seconds
    CHECK(count(text, "tenon-x: note: work: ") == 3);
    CHECK(count(text, "\n") == 3);
    CHECK(count(text, "\r") == 0);
  }

  TEST_CASE("a line that is written meanwhile stands above the bar") {
    const std::string text = stderr_of([] {
      Console console("tenon-x");
      console.show_bar("BAR");
      console.note("hello");
      console.erase_bar();
      console.show_bar("BAR");
      console.erase_bar();
      console.erase_bar();
    });
    CHECK(text == "\r\x1b[KBAR\r\x1b[Ktenon-x: note: hello\n\r\x1b[KBAR\r\x1b[K");
  }

  TEST_CASE("the form follows --progress, the terminal, --quiet and --verbose") {
    CHECK(progress_form("auto", true, 0, 0) == ProgressForm::Bar);
    CHECK(progress_form("auto", true, 1, 0) == ProgressForm::None);
    CHECK(progress_form("auto", false, 0, 0) == ProgressForm::None);
    CHECK(progress_form("auto", false, 0, 1) == ProgressForm::Lines);
    CHECK(progress_form("auto", false, 1, 1) == ProgressForm::None);
    CHECK(progress_form("always", false, 1, 0) == ProgressForm::Bar);
    CHECK(progress_form("never", true, 0, 2) == ProgressForm::None);
    CHECK(run(ProgressForm::None, 1).empty());
  }
}
