#include "text/jinja/date.h"

#include <doctest/doctest.h>

#include <string>

#include "base/error.h"

using tenon::Error;
using tenon::ErrorKind;
using tenon::text::jinja::format_date;

TEST_SUITE_BEGIN("jinja");

TEST_CASE("dates are read in three spellings") {
  CHECK(format_date("26 Jul 2026", "%Y-%m-%d") == "2026-07-26");
  CHECK(format_date("6 July 2026", "%d %b %Y") == "06 Jul 2026");
  CHECK(format_date("2026-07-26", "%A %j") == "Sunday 207");
  CHECK(format_date("2024-02-29T00:30", "%H:%M:%S %I %p") == "00:30:00 12 AM");
  CHECK(format_date("2024-12-31 23:59:58", "%T %j %a") == "23:59:58 366 Tue");
}

// Python 3.11: datetime.date(...).strftime("%a %j %w %u %y").
TEST_CASE("weekdays and days of the year follow the Gregorian calendar") {
  CHECK(format_date("2000-02-29", "%a %j %w %u %y") == "Tue 060 2 2 00");
  CHECK(format_date("1900-03-01", "%a %j %w %u %y") == "Thu 060 4 4 00");
  CHECK(format_date("2023-01-01", "%a %j %w %u %y") == "Sun 001 0 7 23");
  CHECK(format_date("2100-12-31", "%a %j %w %u %y") == "Fri 365 5 5 00");
}

TEST_CASE("what is no date, what it lacks and what is not known are told apart") {
  const auto kind_of = [](std::string_view date, std::string_view format) {
    try {
      format_date(date, format);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK(kind_of("", "%d") == "the template asks for today's date, and none is given");
  for (const char* wrong : {"yesterday", "2026-13-01", "2026-02-29", "32 Jul 2026", "26 Jul 26",
                            "2026-07-26T25:00", "2026-07-26T14", "2026-07-26Z", "26 Jux 2026",
                            "0000-01-01", "2026-07-26T14:05:09x", "26  2026", " 26 Jul 2026"}) {
    INFO(std::string(wrong));
    CHECK(kind_of(wrong, "%d").find("is not a date") != std::string::npos);
  }
  CHECK(kind_of("2026-07-26", "%H") ==
        "the template asks for the time of day, and the date has none");
  CHECK(kind_of("2026-07-26", "%Q").find("conversion that is not known") != std::string::npos);
  CHECK(kind_of("2026-07-26", "%") != "no error");
  CHECK(kind_of("2026-07-26", "%-") != "no error");
}

TEST_SUITE_END();
