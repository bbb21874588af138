#include "text/unicode.h"

#include "text/golden_texts.h"

namespace tenon::text {
namespace {

char letter_of(CharacterClass kind) {
  switch (kind) {
    case CharacterClass::Letter:
      return 'L';
    case CharacterClass::Number:
      return 'N';
    case CharacterClass::Space:
      return 'S';
    case CharacterClass::Punctuation:
      return 'P';
    case CharacterClass::Other:
      return 'O';
    case CharacterClass::End:
      break;
  }
  return '?';
}

TEST_SUITE_BEGIN("text");

// Oniguruma's \p{L} \p{N} \s \p{P}; lower case where Unicode 14 assigns nothing and versions may
// differ.
TEST_CASE("unicode classes are those of another regular expression engine at every code point") {
  const auto runs = read_golden("character_classes.json");
  int compared = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const char expected = runs[i][1].get<std::string>()[0];
    if (expected >= 'a') continue;
    const auto end = i + 1 < runs.size() ? runs[i + 1][0].get<char32_t>() : char32_t{0x110000};
    for (auto point = runs[i][0].get<char32_t>(); point < end; ++point) {
      if (point >= 0xD800 && point < 0xE000) continue;
      ++compared;
      if (letter_of(character_class(point)) != expected) {
        FAIL_CHECK("code point " << static_cast<unsigned>(point) << ": " << expected);
      }
    }
  }
  CHECK(compared > 280000);  // 144,697 assigned in Unicode 14, private use, noncharacters
}

TEST_CASE("unicode walks over bytes that are no UTF-8 one by one") {
  const std::string text = "\xE6\xB5\xFF\xE6\xB5\xB7";
  for (const std::size_t position : {0u, 1u, 2u}) {
    const Character character = character_at(text, position);
    CHECK(character.is(CharacterClass::Other));
    CHECK(character.length == 1);
    CHECK(character.code_point == kNoCodePoint);
  }
  CHECK(character_at(text, 3).code_point == 0x6D77);
  CHECK(character_at(text, 3).is(CharacterClass::Letter));
  CHECK(character_at(text, 6).is(CharacterClass::End));
  CHECK(character_at(text, 6).length == 0);
}

TEST_SUITE_END();

}  // namespace
}  // namespace tenon::text
