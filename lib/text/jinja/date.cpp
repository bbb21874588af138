#include "text/jinja/date.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>

#include "base/error.h"

namespace tenon::text::jinja {

namespace {

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                "Thursday", "Friday", "Saturday"};

struct Date {
  int year = 0, month = 1, day = 1;  // month and day from 1
  bool has_time = false;
  int hour = 0, minute = 0, second = 0;
};

bool is_leap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int days_in(int year, int month) {
  constexpr std::array<int, 12> kLengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kLengths[static_cast<std::size_t>(month - 1)];
}

// From 0 for 1 January.
int day_of_year(const Date& date) {
  int days = date.day - 1;
  for (int month = 1; month < date.month; ++month) days += days_in(date.year, month);
  return days;
}

// 0 is Sunday (Gregorian calendar).
int day_of_week(const Date& date) {
  const int years = date.year - 1;
  return (years * 365 + years / 4 - years / 100 + years / 400 + day_of_year(date) + 1) % 7;
}

// Exactly `digits` digits, taken off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) return std::nullopt;
  const auto result = std::from_chars(text.data(), text.data() + digits, value);
  if (result.ec != std::errc() || result.ptr != text.data() + digits || value < 0)
    return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char character) {
  if (!text.starts_with(character)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int> month_named(std::string_view name) {
  for (std::size_t i = 0; i < kMonths.size(); ++i)
    if (name == kMonths[i] || name == kMonths[i].substr(0, 3)) return static_cast<int>(i) + 1;
  return std::nullopt;
}

// "26 Jul 2026".
std::optional<Date> parse_worded(std::string_view text) {
  Date date;
  const std::size_t first = text.find(' ');
  const std::size_t last = text.rfind(' ');
  if (first == std::string_view::npos || first == last || first < 1 || first > 2)
    return std::nullopt;
  std::string_view day = text.substr(0, first), year = text.substr(last + 1);
  const auto month = month_named(text.substr(first + 1, last - first - 1));
  const auto day_number = take_number(day, day.size());
  const auto year_number = take_number(year, 4);
  if (!month || !day_number || !year_number || !year.empty()) return std::nullopt;
  date.year = *year_number;
  date.month = *month;
  date.day = *day_number;
  return date;
}

// "2026-07-26", perhaps with "T14:05" or "T14:05:09".
std::optional<Date> parse_iso(std::string_view text) {
  Date date;
  const auto part = [&](int& field, std::size_t digits) {
    const auto number = take_number(text, digits);
    if (number) field = *number;
    return number.has_value();
  };
  if (!part(date.year, 4) || !take(text, '-') || !part(date.month, 2) || !take(text, '-') ||
      !part(date.day, 2))
    return std::nullopt;
  if (text.empty()) return date;
  date.has_time = true;
  if (!(take(text, 'T') || take(text, ' ')) || !part(date.hour, 2) || !take(text, ':') ||
      !part(date.minute, 2))
    return std::nullopt;
  if (take(text, ':') && !part(date.second, 2)) return std::nullopt;
  return text.empty() ? std::optional(date) : std::nullopt;
}

Date parse_date(std::string_view text) {
  if (text.empty())
    throw Error(ErrorKind::Input, "the template asks for today's date, and none is given");
  std::optional<Date> date = parse_iso(text);
  if (!date) date = parse_worded(text);
  const bool is_valid = date && date->year >= 1 && date->month >= 1 && date->month <= 12 &&
                        date->day >= 1 && date->day <= days_in(date->year, date->month) &&
                        date->hour < 24 && date->minute < 60 && date->second < 60;
  if (!is_valid)
    throw std::move(Error(ErrorKind::Input, quoted(text, 40) + " is not a date")
                        .hint("dates are written 2026-07-26 or 26 Jul 2026"));
  return *date;
}

std::string number(int value, int width, char fill = '0') {
  std::string digits = std::to_string(value);
  while (static_cast<int>(digits.size()) < width) digits.insert(digits.begin(), fill);
  return digits;
}

std::string expand(const Date& date, std::string_view format);

// Conversions that need only the day.
std::optional<std::string> day_field(const Date& date, char letter, int pad) {
  const std::string_view month = kMonths[static_cast<std::size_t>(date.month - 1)];
  const int weekday = day_of_week(date);
  const std::string_view day = kDays[static_cast<std::size_t>(weekday)];
  switch (letter) {
    case 'd':
      return number(date.day, pad);
    case 'm':
      return number(date.month, pad);
    case 'y':
      return number(date.year % 100, pad);
    case 'Y':
      return std::to_string(date.year);
    case 'j':
      return number(day_of_year(date) + 1, pad == 0 ? 0 : 3);
    case 'e':
      return number(date.day, pad, ' ');
    case 'b':
    case 'h':
      return std::string(month.substr(0, 3));
    case 'B':
      return std::string(month);
    case 'a':
      return std::string(day.substr(0, 3));
    case 'A':
      return std::string(day);
    case 'w':
      return std::to_string(weekday);
    case 'u':
      return std::to_string(weekday == 0 ? 7 : weekday);
    case 'F':
      return expand(date, "%Y-%m-%d");
    case 'D':
    case 'x':
      return expand(date, "%m/%d/%y");
    case 'n':
      return "\n";
    case 't':
      return "\t";
    case 'z':
    case 'Z':
      return "";
    case '%':
      return "%";
    default:
      return std::nullopt;
  }
}

// Conversions that need the time of day.
std::optional<std::string> time_field(const Date& date, char letter, int pad) {
  const int twelve = date.hour % 12 == 0 ? 12 : date.hour % 12;
  switch (letter) {
    case 'H':
      return number(date.hour, pad);
    case 'I':
      return number(twelve, pad);
    case 'M':
      return number(date.minute, pad);
    case 'S':
      return number(date.second, pad);
    case 'p':
      return date.hour < 12 ? "AM" : "PM";
    case 'T':
    case 'X':
      return expand(date, "%H:%M:%S");
    case 'R':
      return expand(date, "%H:%M");
    case 'c':
      return expand(date, "%a %b %e %H:%M:%S %Y");
    default:
      return std::nullopt;
  }
}

std::string expand(const Date& date, std::string_view format) {
  std::string result;
  for (std::size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%') {
      result += format[at];
      continue;
    }
    const bool has_minus = at + 1 < format.size() && format[at + 1] == '-';
    at += has_minus ? 2 : 1;
    const char letter = at < format.size() ? format[at] : '\0';
    const int pad = has_minus ? 0 : 2;
    if (const auto text = day_field(date, letter, pad)) {
      result += *text;
    } else if (const auto time = time_field(date, letter, pad)) {
      if (!date.has_time)
        throw std::move(
            Error(ErrorKind::Input, "the template asks for the time of day, and the date has none")
                .hint("write the date as 2026-07-26T14:05:09"));
      result += *time;
    } else {
      throw Error(ErrorKind::Unsupported,
                  "the date format " + quoted(format, 40) + " has a conversion that is not known");
    }
  }
  return result;
}

}  // namespace

std::string format_date(std::string_view date, std::string_view format) {
  return expand(parse_date(date), format);
}

}  // namespace tenon::text::jinja
