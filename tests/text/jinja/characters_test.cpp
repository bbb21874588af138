#include <cstdio>

#include "golden_file.h"
#include "text/jinja/characters.h"

using namespace tenon::text;

namespace {

std::string fnv1a(const std::string& text) {
  std::uint64_t digest = 0xCBF29CE484222325u;
  for (const char byte : text) {
    digest ^= static_cast<unsigned char>(byte);
    digest *= 0x100000001B3u;
  }
  char shown[17];
  std::snprintf(shown, sizeof shown, "%016llx", static_cast<unsigned long long>(digest));
  return shown;
}

std::vector<std::string> assigned_characters(const nlohmann::ordered_json& golden) {
  std::vector<std::string> characters;
  for (const auto& range : golden["assigned"])
    for (std::int32_t code = range[0]; code <= range[1]; ++code) {
      characters.emplace_back();
      jinja::append_character(characters.back(), code);
    }
  return characters;
}

}  // namespace

TEST_SUITE_BEGIN("jinja");

// Goldens: scripts/oracles/chat_templates.py, the str methods of Python 3.11 over all of Unicode
// 14.
TEST_CASE("case mappings agree with Python's for every character of Unicode 14") {
  const auto golden = read_json(data_path("unicode.json"));
  const auto characters = assigned_characters(golden);
  REQUIRE(characters.size() > 280'000);
  using Mapping = std::string (*)(std::string_view);
  const std::pair<const char*, Mapping> mappings[] = {{"upper", jinja::to_upper},
                                                      {"lower", jinja::to_lower},
                                                      {"title", jinja::to_title},
                                                      {"capitalize", jinja::capitalize},
                                                      {"swapcase", jinja::swap_case}};
  for (const auto& [name, mapping] : mappings) {
    INFO(std::string(name));
    std::string all;
    for (const std::string& character : characters) all += mapping(character) + "\n";
    CHECK(fnv1a(all) == golden[name].get<std::string>());
  }
}

TEST_CASE("character classes agree with Python's for every character of Unicode 14") {
  const auto golden = read_json(data_path("unicode.json"));
  const auto characters = assigned_characters(golden);
  using Class = bool (*)(std::int32_t);
  const std::pair<const char*, Class> classes[] = {
      {"isspace", jinja::is_space},        {"isalpha", jinja::is_letter},
      {"isdecimal", jinja::is_decimal},    {"isdigit", jinja::is_digit},
      {"isalnum", jinja::is_alphanumeric}, {"isupper", jinja::is_upper_case},
      {"islower", jinja::is_lower_case},   {"isprintable", jinja::is_printable}};
  for (const auto& [name, is_of_class] : classes) {
    INFO(std::string(name));
    std::string all;
    for (const std::string& character : characters)
      all += is_of_class(jinja::character_at(character, 0).code) ? '1' : '0';
    CHECK(fnv1a(all) == golden[name].get<std::string>());
  }
}

TEST_SUITE_END();
