#pragma once

#include <string>
#include <string_view>

namespace tenon::text::jinja {

/// `date` by a format of strftime in the C locale: %d %-d %m %-m %Y %y %b %h %B %a %A %w %u %j %e
/// %F %D %x, and where the date has a time of day %H %-H %I %-I %M %S %p %T %R %X %c; %n %t %%; %z
/// and %Z are empty. The date is "26 Jul 2026", "2026-07-26" or "2026-07-26T14:05:09" (a blank may
/// stand for the T, the seconds may be missing). Throws Error(Input) for an empty or unreadable
/// date and for a time of day that is not given, Error(Unsupported) for another conversion.
std::string format_date(std::string_view date, std::string_view format);

}  // namespace tenon::text::jinja
