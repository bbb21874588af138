#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Words of the command line to values and back. Every reader takes the whole text or nothing.
namespace tenon::cli {

/// Decimal, with an optional minus: "-3", "4096".
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<std::uint64_t> parse_unsigned(std::string_view text);
/// A finite decimal number: "0.5", "1e-3".
std::optional<double> parse_real(std::string_view text);
/// true/false, yes/no, on/off, 1/0.
std::optional<bool> parse_switch(std::string_view text);
/// A whole number of bytes: "512", "1e6", "64MiB" (2^20), "64MB" (10^6). "64M" could be either and
/// is refused.
std::optional<std::int64_t> parse_bytes(std::string_view text);
/// Seconds: "5us", "1.5s", "2min", or a bare number of seconds.
std::optional<double> parse_seconds(std::string_view text);

/// The shortest text that reads back as the same double.
std::string format_real(double value);
/// In the largest unit that divides exactly: "64MiB", "1MB", "1500".
std::string format_bytes(std::int64_t bytes);
/// In the unit that makes it shortest and reads back as the same double: "5us", "1.5s", "2min", "90s".
std::string format_seconds(double seconds);

}  // namespace tenon::cli
