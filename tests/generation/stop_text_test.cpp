#include "generation/stop_text.h"

#include <doctest/doctest.h>

#include <ostream>
#include <random>

#include "base/error.h"

using namespace tenon;
using namespace tenon::generation;

namespace {

struct Result {
  std::string text;
  std::string matched;
  bool operator==(const Result&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Result& result) {
  return out << '"' << result.text << "\" / \"" << result.matched << '"';
}

Result run(const std::vector<std::string>& stops, const std::vector<std::string>& pieces) {
  StopText stop(stops);
  Result result;
  for (const std::string& piece : pieces) result.text += stop.push(piece);
  if (stop.has_matched()) {
    result.matched = stop.matched();
    CHECK(stop.push("more").empty());
  }
  result.text += stop.finish();
  return result;
}

/// The definition, on the whole text at once: the first byte where a stop text is complete.
Result by_definition(const std::vector<std::string>& stops, const std::string& text) {
  for (std::size_t end = 1; end <= text.size(); ++end) {
    std::string longest;
    for (const std::string& stop : stops)
      if (std::string_view(text).substr(0, end).ends_with(stop) && stop.size() > longest.size())
        longest = stop;
    if (!longest.empty()) return {text.substr(0, end - longest.size()), longest};
  }
  return {text, ""};
}

}  // namespace

TEST_SUITE_BEGIN("generation");

TEST_CASE("a stop text across pieces is found and cut off") {
  CHECK(run({"STOP"}, {"one ST", "O", "P two"}) == Result{"one ", "STOP"});
  CHECK(run({"\n\n"}, {"a\n", "b\n", "\n"}) == Result{"a\nb", "\n\n"});
  CHECK(run({"STOP"}, {"STO", "ne"}) == Result{"STOne", ""});
  CHECK(run({"STOP"}, {"a ST"}) == Result{"a ST", ""});
  CHECK(run({"STOP"}, {"STSTOP"}) == Result{"ST", "STOP"});
  CHECK(run({}, {"every", "thing"}) == Result{"everything", ""});
}

TEST_CASE("of several stop texts the one that is complete first ends the text") {
  CHECK(run({"abcd", "c"}, {"xabcd"}) == Result{"xab", "c"});
  CHECK(run({"abcd", "c"}, {"xab", "cd"}) == Result{"xab", "c"});
  CHECK(run({"d", "bcd"}, {"abcd"}) == Result{"a", "bcd"});
  CHECK(run({"two", "one"}, {"one two"}) == Result{"", "one"});
}

TEST_CASE("only what may still become a stop text is held back") {
  StopText stop({"<end>", "\nUser:"});
  CHECK(stop.push("hello <") == "hello ");
  CHECK(stop.push("e") == "");
  CHECK(stop.push("lse>") == "<else>");
  CHECK(stop.push("\nUse") == "");
  CHECK(stop.push("d\nUs") == "\nUsed");
  CHECK(stop.finish() == "\nUs");
}

TEST_CASE("the result does not depend on how the text falls into pieces") {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> stops(1 + random() % 3);
    for (std::string& stop : stops)
      for (std::size_t i = 0, length = 1 + random() % 4; i < length; ++i)
        stop += "ab"[random() % 2];
    std::vector<std::string> pieces;
    std::string text;
    for (int i = 0; i < 6; ++i) {
      std::string piece;
      for (std::size_t k = 0, length = random() % 4; k < length; ++k) piece += "abc"[random() % 3];
      text += piece;
      pieces.push_back(piece);
    }
    REQUIRE(run(stops, pieces) == by_definition(stops, text));
  }
}

TEST_CASE("an empty stop text is refused") {
  CHECK_THROWS_AS(StopText({"a", ""}), Error);
}

TEST_SUITE_END();
