#include "cli/values.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace tenon::cli {
namespace {

template <typename Number>
std::optional<Number> parse_whole(std::string_view text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc() || stop != end) return std::nullopt;
  return value;
}

struct Unit {
  std::string_view name;
  double factor;
};

// Largest first, binary before decimal: format_bytes takes the first that divides.
constexpr std::array kByteUnits = {Unit{"TiB", 1099511627776.0},
                                   Unit{"GiB", 1073741824.0},
                                   Unit{"MiB", 1048576.0},
                                   Unit{"KiB", 1024.0},
                                   Unit{"TB", 1e12},
                                   Unit{"GB", 1e9},
                                   Unit{"MB", 1e6},
                                   Unit{"kB", 1e3},
                                   Unit{"KB", 1e3},
                                   Unit{"B", 1.0}};

constexpr std::array kSecondUnits = {Unit{"h", 3600.0}, Unit{"min", 60.0}, Unit{"s", 1.0},
                                     Unit{"ms", 1e-3},  Unit{"us", 1e-6},  Unit{"ns", 1e-9}};

// The number before the unit, and the unit's factor; no unit means 1.
template <std::size_t count>
std::optional<double> parse_with_unit(std::string_view text, const std::array<Unit, count>& units) {
  const std::size_t letters =
      text.find_last_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
  if (letters == std::string_view::npos) return std::nullopt;
  const std::string_view name = text.substr(letters + 1);
  const auto number = parse_real(text.substr(0, letters + 1));
  if (!number) return std::nullopt;
  if (name.empty()) return number;
  for (const Unit& unit : units)
    // 5us is read as 5 / 1e6, which is the double nearest to 5e-6; 5 * 1e-6 is not always.
    if (unit.name == name)
      return unit.factor < 1 ? *number / std::round(1 / unit.factor) : *number * unit.factor;
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  return parse_whole<std::int64_t>(text);
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
  return parse_whole<std::uint64_t>(text);
}

std::optional<double> parse_real(std::string_view text) {
  const auto value = parse_whole<double>(text);
  if (!value || !std::isfinite(*value)) return std::nullopt;
  return value;
}

std::optional<bool> parse_switch(std::string_view text) {
  if (text == "true" || text == "yes" || text == "on" || text == "1") return true;
  if (text == "false" || text == "no" || text == "off" || text == "0") return false;
  return std::nullopt;
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  if (const auto whole = parse_integer(text)) return whole;  // exact beyond 2^53
  const auto value = parse_with_unit(text, kByteUnits);
  constexpr double kLimit = 9007199254740992.0;  // 2^53: beyond it a double skips whole numbers
  if (!value || *value != std::floor(*value) || std::fabs(*value) > kLimit) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

std::optional<double> parse_seconds(std::string_view text) {
  return parse_with_unit(text, kSecondUnits);
}

std::string format_real(double value) {
  std::array<char, 32> buffer{};
  const auto [end, code] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), end};
}

std::string format_bytes(std::int64_t bytes) {
  for (const Unit& unit : kByteUnits) {
    const auto factor = static_cast<std::int64_t>(unit.factor);
    if (factor > 1 && bytes != 0 && bytes % factor == 0)
      return std::to_string(bytes / factor) + std::string(unit.name);
  }
  return std::to_string(bytes);
}

std::string format_seconds(double seconds) {
  std::string shortest = format_real(seconds) + "s";
  for (const Unit& unit : kSecondUnits) {
    const bool is_small = std::fabs(seconds) < unit.factor && unit.name != "ns";
    if (is_small || seconds == 0 || !std::isfinite(seconds)) continue;
    // Twelve digits hide the rounding of the division: 5e-6 / 1e-6 is not 5.
    std::array<char, 32> buffer{};
    const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                      seconds / unit.factor, std::chars_format::general, 12);
    const std::string text = std::string(buffer.data(), result.ptr) + std::string(unit.name);
    const bool is_shorter =
        text.size() < shortest.size() || (text.size() == shortest.size() && unit.factor > 1);
    if (is_shorter && parse_seconds(text) == seconds) shortest = text;
  }
  return shortest;
}

}  // namespace tenon::cli
