#include "cli/values.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace tenon::cli;

TEST_SUITE("values") {
  TEST_CASE("integers are read whole or not at all") {
    CHECK(parse_integer("-3") == -3);
    CHECK(parse_integer("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
    CHECK(parse_unsigned("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
    for (const char* text :
         {"", "-", "+3", " 3", "3 ", "3x", "0x10", "1e3", "1.0", "9223372036854775808"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_integer(text));
    }
    CHECK_FALSE(parse_unsigned("-1"));
    CHECK_FALSE(parse_unsigned("18446744073709551616"));
  }

  TEST_CASE("numbers are finite and whole texts") {
    CHECK(parse_real("0.5") == 0.5);
    CHECK(parse_real("-1e-3") == -1e-3);
    CHECK(parse_real(".25") == 0.25);
    for (const char* text : {"", "nan", "inf", "-inf", "1e999", "0.5x", " 1", "1,5", "--1"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_real(text));
    }
  }

  TEST_CASE("a switch has four spellings for each side") {
    for (const char* text : {"true", "yes", "on", "1"}) CHECK(parse_switch(text) == true);
    for (const char* text : {"false", "no", "off", "0"}) CHECK(parse_switch(text) == false);
    for (const char* text : {"", "TRUE", "2", "y"}) CHECK_FALSE(parse_switch(text));
  }

  TEST_CASE("sizes take binary and decimal units and nothing in between") {
    CHECK(parse_bytes("0") == 0);
    CHECK(parse_bytes("1e6") == 1000000);
    CHECK(parse_bytes("64MiB") == 64LL << 20);
    CHECK(parse_bytes("1.5KiB") == 1536);
    CHECK(parse_bytes("2GB") == 2000000000);
    CHECK(parse_bytes("3kB") == 3000);
    CHECK(parse_bytes("3KB") == 3000);
    CHECK(parse_bytes("1TiB") == 1LL << 40);
    CHECK(parse_bytes("7B") == 7);
    CHECK(parse_bytes("-1") == -1);  // the range of the option refuses it, by name
    CHECK(parse_bytes("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
    for (const char* text :
         {"", "64M", "64mib", "MiB", "0.3", "1.0001KiB", "1e30", "9000TiB x", "1e4TiB", "1 MiB"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_bytes(text));
    }
  }

  TEST_CASE("times are seconds with a unit, the double nearest to what is written") {
    CHECK(parse_seconds("5us") == 5e-6);
    CHECK(parse_seconds("3us") == 3e-6);  // 3 * 1e-6 is another double
    CHECK(parse_seconds("20ms") == 0.02);
    CHECK(parse_seconds("7ns") == 7e-9);
    CHECK(parse_seconds("1.5s") == 1.5);
    CHECK(parse_seconds("2min") == 120);
    CHECK(parse_seconds("0.5h") == 1800);
    CHECK(parse_seconds("0.25") == 0.25);
    for (const char* text : {"", "s", "5 s", "5m", "5sec", "1e999s", "us5"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_seconds(text));
    }
  }

  TEST_CASE("values are printed in the spelling they are read in") {
    CHECK(format_bytes(0) == "0");
    CHECK(format_bytes(64 << 20) == "64MiB");
    CHECK(format_bytes(1536) == "1536");
    CHECK(format_bytes(1000000) == "1MB");
    CHECK(format_bytes(1500) == "1500");
    CHECK(format_bytes(1LL << 50) == "1024TiB");
    CHECK(format_seconds(0) == "0s");
    CHECK(format_seconds(5e-6) == "5us");
    CHECK(format_seconds(0.0015) == "1.5ms");
    CHECK(format_seconds(90) == "90s");
    CHECK(format_seconds(120) == "2min");
    CHECK(format_seconds(0.02) == "20ms");
    CHECK(format_seconds(3e-6) == "3us");
    CHECK(format_seconds(1e-12) == "1e-12s");
    CHECK(format_real(0.1) == "0.1");
    CHECK(format_real(1e300) == "1e+300");
    for (const std::int64_t bytes : {1LL, 1000LL, 1024LL, 123456789LL, 1LL << 33, 5000000000LL})
      CHECK(parse_bytes(format_bytes(bytes)) == bytes);
    for (const double seconds : {5e-9, 1e-6, 0.25, 1.0, 59.0, 61.0, 3600.0, 5400.0})
      CHECK(parse_seconds(format_seconds(seconds)) == seconds);
  }
}
