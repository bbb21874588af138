#include "cli/option_table.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace tenon;
using namespace tenon::cli;

namespace {

OptionSpec spec(const std::string& name) {
  return {.name = name, .group = "G", .help = "h", .value = "X"};
}

// What the option says of `words`, or nothing if it takes them.
std::string refusal(const OptionTable& table, const std::string& name,
                    const std::vector<std::string>& words) {
  try {
    table.find(name)->assign(words);
    return {};
  } catch (const BadValue& bad) {
    return bad.value + " must be " + bad.expected;
  }
}

}  // namespace

TEST_SUITE("option_table") {
  TEST_CASE("a switch takes the last word") {
    OptionTable table("tenon-x");
    bool value = false;
    table.add(spec("--flag"), value);
    table.find("flag")->assign({"true", "false", "yes"});
    CHECK(value);
    CHECK_FALSE(table.find("flag")->is_at_default());
    table.find("flag")->assign({"true", "no"});
    CHECK_FALSE(value);
    CHECK(table.find("flag")->is_at_default());
    CHECK(refusal(table, "flag", {"maybe"}) == "maybe must be true or false");
  }

  TEST_CASE("numbers outside the range are refused by the range") {
    OptionTable table("tenon-x");
    std::int64_t count = 3;
    double real = 0.5;
    OptionSpec limited = spec("--count");
    limited.minimum = 1;
    limited.maximum = 10;
    table.add(limited, count);
    OptionSpec open = spec("--real");
    open.minimum = 0;
    table.add(open, real);
    CHECK(refusal(table, "count", {"1"}).empty());
    CHECK(count == 1);
    CHECK(refusal(table, "count", {"10"}).empty());
    CHECK(refusal(table, "count", {"0"}) == "0 must be from 1 to 10");
    CHECK(refusal(table, "count", {"11"}) == "11 must be from 1 to 10");
    CHECK(refusal(table, "count", {"x"}) == "x must be a whole number from 1 to 10");
    CHECK(count == 10);
    CHECK(refusal(table, "real", {"-0.001"}) == "-0.001 must be at least 0");
    CHECK(refusal(table, "real", {"nan"}) == "nan must be a number at least 0");
    CHECK(table.find("count")->range_text() == "from 1 to 10");
    CHECK(table.find("real")->range_text() == "at least 0");
  }

  TEST_CASE("ranges of sizes and times are told in their units") {
    OptionTable table("tenon-x");
    std::int64_t bytes = 1 << 20;
    double seconds = 1;
    OptionSpec size = spec("--size");
    size.minimum = 1024;
    table.add_bytes(size, bytes);
    OptionSpec time = spec("--time");
    time.maximum = 0.5;
    table.add_seconds(time, seconds);
    CHECK(table.find("size")->default_text == "1MiB");
    CHECK(refusal(table, "size", {"1000"}) == "1000 must be at least 1KiB");
    CHECK(refusal(table, "time", {"1s"}) == "1s must be at most 0.5s");
    CHECK(refusal(table, "time", {"20us"}).empty());
    CHECK(seconds == 20e-6);
  }

  TEST_CASE("an enumeration takes its choices and the hidden ones") {
    OptionTable table("tenon-x");
    std::string mode = "plain";
    OptionSpec choice = spec("--mode");
    choice.choices = {"plain", "upper"};
    table.add(choice, mode);
    table.find("mode")->hidden_choices = {"secret"};
    CHECK(refusal(table, "mode", {"upper"}).empty());
    CHECK(refusal(table, "mode", {"secret"}).empty());
    CHECK(mode == "secret");
    CHECK(refusal(table, "mode", {"uper"}) == "uper must be one of plain, upper");
    try {
      table.find("mode")->assign({"uper"});
      FAIL("taken");
    } catch (const BadValue& bad) {
      CHECK(bad.hint == "did you mean upper?");
    }
  }

  TEST_CASE("a list is replaced as a whole by the source that gives it") {
    OptionTable table("tenon-x");
    std::vector<std::string> stops = {"default"};
    table.add(spec("--stop"), stops);
    table.find("stop")->assign({"a", "", "[b,c]"});
    CHECK(stops == std::vector<std::string>{"a", "", "[b,c]"});
  }

  TEST_CASE("counts add up and start again at their opposite") {
    OptionTable table("tenon-x");
    int count = 0;
    table.add_count({.name = "-v,--verbose", .group = "G", .help = "h"}, count);
    table.find("verbose")->assign({"true", "true"});
    CHECK(count == 2);
    table.find("verbose")->assign({"true", "false", "true"});
    CHECK(count == 1);
    table.find("verbose")->assign({"3"});
    CHECK(count == 3);
    CHECK_FALSE(refusal(table, "verbose", {"-1"}).empty());
    CHECK_FALSE(refusal(table, "verbose", {"1000000000000"}).empty());
    table.find("verbose")->assign(std::vector<std::string>(1000, "true"));
    CHECK(count == 100);
  }

  TEST_CASE("a seed is 64 bits, or drawn") {
    OptionTable table("tenon-x");
    std::uint64_t seed = 0;
    bool was_given = false;
    table.add_seed(spec("--seed"), seed, was_given);
    table.find("seed")->assign({"18446744073709551615"});
    CHECK(seed == 18446744073709551615ULL);
    CHECK(was_given);
    table.find("seed")->assign({"random"});
    const std::uint64_t first = seed;
    table.find("seed")->assign({"random"});
    CHECK(seed != first);  // alike once in 2^53 runs
    CHECK(seed < (1ULL << 53));
    CHECK_FALSE(refusal(table, "seed", {"-1"}).empty());
  }

  TEST_CASE("names are checked where they are registered") {
    OptionTable table("tenon-generate");
    bool value = false;
    table.add(spec("-k,--top-k"), value);
    CHECK(table.find("top-k")->letter == 'k');
    CHECK(table.find("--top-k") == table.find("top-k"));
    CHECK(table.find("top-k")->environment == "TENON_GENERATE_TOP_K");
    CHECK(table.find("k") == nullptr);
    for (const char* name : {"--top-k", "top-j", "-j", "j,--x", "--no-x", "--"}) {
      CAPTURE(name);
      CHECK_THROWS_AS(table.add(spec(name), value), Error);
    }
  }
}
