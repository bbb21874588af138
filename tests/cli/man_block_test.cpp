#include "cli/man_block.h"

#include <doctest/doctest.h>

#include "job_of_options.h"

using namespace tenon::cli;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_SUITE("man_block") {
  TEST_CASE("what roff would take for itself is escaped") {
    CHECK(roff_escaped("--top-k") == "\\-\\-top\\-k");
    CHECK(roff_escaped("a\\b") == "a\\eb");
    CHECK(roff_escaped(".start") == "\\&.start");
    CHECK(roff_escaped("'start'") == "\\(aqstart\\(aq");
    CHECK(roff_escaped("a.b\n.c") == "a.b\n\\&.c");
    CHECK(roff_escaped("`^~") == "\\(ga\\(ha\\(ti");
    CHECK(roff_escaped("plain text, \"quoted\"") == "plain text, \"quoted\"");
  }

  TEST_CASE("every option has one entry, in its group") {
    JobOfOptions command;
    const std::string block = man_block(command.info, command.jobs);
    CHECK(count(block, ".TP\n") ==
          command.job().options().size() + command.job().positionals().size());
    for (const char* heading :
         {".SS Arguments\n", ".SS Text\n", ".SS Other\n", ".SS Output\n", ".SS General\n"})
      CHECK(count(block, heading) == 1);
    CHECK(count(block,
                "\\fB\\-n\\fR, \\fB\\-\\-copies\\fR \\fIN\\fR\nhow often (default 1; from 0 to 9; "
                "TENON_X_COPIES)\n") == 1);
    CHECK(count(block, "\\fB\\-\\-chat\\fR, \\fB\\-\\-no\\-chat\\fR\n") == 1);
  }

  TEST_CASE("jobs come first, what they share once behind them") {
    JobOfOptions command("tenon-x", "list");
    command.add_job("show");
    const std::string block = man_block(command.info, command.jobs);
    CHECK(count(block, ".SS tenon\\-x list [OPTIONS] INPUT [MORE...]\n") == 1);
    CHECK(count(block, ".SS tenon\\-x show [OPTIONS] INPUT [MORE...]\n") == 1);
    CHECK(count(block, "\\fB\\-\\-threads\\fR") == 1);
    CHECK(count(block, "\\fB\\-\\-format\\fR") == 2);  // each job has its own forms
    CHECK(block.find(".SS General") > block.find("show [OPTIONS]"));
  }
}
