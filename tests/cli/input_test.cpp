#include "cli/input.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "folder.h"

using namespace tenon;
using namespace tenon::cli;
using Words = std::vector<std::string>;

namespace {

Words lines(const std::string& bytes) {
  const Folder folder;
  folder.write("in", bytes);
  auto reader = lines_of(std::make_unique<Input>(folder.path("in"), nullptr));
  Words all;
  std::string line;
  while (reader->next(line)) {
    all.push_back(line);
    CHECK(reader->number() == static_cast<long>(all.size()));
  }
  CHECK_FALSE(reader->next(line));  // the end stays the end
  CHECK(reader->number() == static_cast<long>(all.size()));
  return all;
}

}  // namespace

TEST_SUITE("input") {
  TEST_CASE("lines end at a line break, with or without a carriage return, and at the end") {
    CHECK(lines("").empty());
    CHECK(lines("a") == Words{"a"});
    CHECK(lines("a\n") == Words{"a"});
    CHECK(lines("a\nb") == Words{"a", "b"});
    CHECK(lines("\n\n") == Words{"", ""});
    CHECK(lines("a\r\nb\r\n") == Words{"a", "b"});
    CHECK(lines("a\rb\r") == Words{"a\rb"});
    CHECK(lines(std::string("a\0b\n", 4)) == Words{std::string("a\0b", 3)});
  }

  TEST_CASE("lines longer than what is read at once are whole") {
    const std::string longest(300000, 'x');
    CHECK(lines(longest + "\ny\n" + longest) == Words{longest, "y", longest});
    std::string many;
    Words expected;
    for (int i = 0; i < 20000; ++i) {
      expected.push_back(std::to_string(i));
      many += expected.back() + "\n";
    }
    CHECK(lines(many) == expected);
  }

  TEST_CASE("a file is read whole") {
    const Folder folder;
    const std::string bytes = std::string(200000, 'a') + std::string("\0\xFF\r\n", 4);
    folder.write("in", bytes);
    Input input(folder.path("in"), nullptr);
    CHECK(read_whole(input) == bytes);
  }

  TEST_CASE("what cannot be read is refused with the reason") {
    const Folder folder;
    CHECK_THROWS_WITH_AS(Input(folder.path("gone"), nullptr),
                         (folder.path("gone") + ": cannot open: No such file or directory").c_str(),
                         Error);
    CHECK_THROWS_WITH_AS(Input(folder.path(""), nullptr),
                         (folder.path("") + ": is a directory, a file is needed").c_str(), Error);
    CHECK_THROWS_AS(Input("", nullptr), Error);
  }
}
