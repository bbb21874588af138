#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "text/utf8.h"

// The texts and digests of scripts/oracles/tokenizer_vectors.py.

namespace tenon::text {

inline nlohmann::json read_golden(const std::string& name) {
  std::ifstream file(TENON_SOURCE_DIR "/tests/data/tokenizers/" + name);
  REQUIRE_MESSAGE(file, "missing tests/data/tokenizers/" << name);
  return nlohmann::json::parse(file);
}

inline const std::vector<std::string>& golden_texts() {
  static const auto texts = read_golden("texts.json").get<std::vector<std::string>>();
  return texts;
}

/// Folder of shared test data beside the checkout, or an empty path.
inline std::filesystem::path shared_folder() {
  const char* given = std::getenv("TENON_SHARED");
  const std::filesystem::path folder = given != nullptr ? given : TENON_SOURCE_DIR "/../shared";
  return std::filesystem::is_directory(folder) ? folder : std::filesystem::path();
}

class Digest {
 public:
  template <class Numbers>
  void add(const Numbers& numbers) {
    for (const auto number : numbers) {
      for (int shift = 0; shift < 32; shift += 8) {
        const auto byte = static_cast<std::uint8_t>(static_cast<std::uint32_t>(number) >> shift);
        value_ = (value_ ^ byte) * 0x100000001B3u;
      }
    }
  }
  std::string text() const {
    char hex[9];
    std::snprintf(hex, sizeof hex, "%08x",
                  static_cast<unsigned>(value_ >> 32) ^ static_cast<unsigned>(value_));
    return hex;
  }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325u;
};

template <class Numbers>
std::string digest_of(const Numbers& numbers) {
  Digest digest;
  digest.add(numbers);
  return digest.text();
}

class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u) {}
  std::uint64_t below(std::uint64_t bound) {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t x = state_;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return (x ^ (x >> 31)) % bound;
  }

 private:
  std::uint64_t state_;
};

struct Range {
  char32_t first, last;
};

// RANGES and PHRASES of scripts/oracles/tokenizer_vectors.py.
inline const std::vector<std::vector<Range>> kRanges = {
    {{0x61, 0x7A}},
    {{0x41, 0x5A}, {0x61, 0x7A}},
    {{0x30, 0x39}},
    {{0x20, 0x20}},
    {{0x20, 0x20}, {0x09, 0x0D}, {0x0A, 0x0A}},
    {{0x21, 0x2F}, {0x3A, 0x40}, {0x5B, 0x60}, {0x7B, 0x7E}},
    {{0x27, 0x27}},
    {{0x00, 0x1F}, {0x7F, 0x9F}},
    {{0xA0, 0xFF}},
    {{0x0100, 0x017F}, {0x0391, 0x03A1}, {0x0410, 0x044F}},
    {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x20D0, 0x20E0}},
    {{0x0905, 0x0939}, {0x093E, 0x094D}, {0x0966, 0x096F}, {0x0E01, 0x0E3A}, {0x0627, 0x064A}},
    {{0x0660, 0x0669}, {0x2160, 0x2188}, {0x00B2, 0x00B3}, {0x2150, 0x215E}, {0x2460, 0x249B}},
    {{0x2000, 0x200A},
     {0x2028, 0x2029},
     {0x3000, 0x3000},
     {0x00A0, 0x00A0},
     {0x0085, 0x0085},
     {0x1680, 0x1680}},
    {{0x200B, 0x200F}, {0x2010, 0x2027}, {0x2030, 0x205E}, {0xFEFF, 0xFEFF}, {0x00AD, 0x00AD}},
    {{0x3041, 0x3096}, {0x30A1, 0x30FA}, {0x4E00, 0x9FA5}, {0xAC00, 0xD7A3}},
    {{0x1F600, 0x1F64F},
     {0x1F466, 0x1F469},
     {0x200D, 0x200D},
     {0xFE0F, 0xFE0F},
     {0x1F3FB, 0x1F3FF}},
    {{0x10400, 0x1044F}, {0x1D400, 0x1D454}, {0x20000, 0x2A6D6}, {0x1D7CE, 0x1D7FF}},
    {{0xE000, 0xE0FF},
     {0xFDD0, 0xFDEF},
     {0xFFFE, 0xFFFF},
     {0x10FFFE, 0x10FFFF},
     {0xF0000, 0xF00FF}},
};
inline const std::vector<std::string> kPhrases = {
    "'s",      "'S",          "'ll",    "'Ll",    "'re",    "'VE",     "'d",           "'m",
    "'T",      "'\u017f",     "'l",     "'r",     "\r\n",   "\n\n",    " the",         "don't",
    "1234567", "12\u00b2345", "  ",     "    ",   "\t",     " \n ",    "<|im_start|>", "<|end|>",
    "<tool>",  "<tool>x",     "\u2581", "<0x0A>", "<s>",    "ing",     " and",         " of",
    "return",  "0.5",         "...",    "!!",     "\u00e9", "e\u0301",
};

/// Always the same for the same index, here and in the script.
inline std::string random_text(std::uint64_t index) {
  SplitMix random(index + 1);
  std::string text;
  const std::uint64_t runs = 1 + random.below(8);
  for (std::uint64_t run = 0; run < runs; ++run) {
    const std::uint64_t kind = random.below(kRanges.size() + 4);
    const std::uint64_t length = 1 + random.below(5);
    for (std::uint64_t i = 0; i < length; ++i) {
      if (kind >= kRanges.size()) {
        text += kPhrases[random.below(kPhrases.size())];
        continue;
      }
      const auto& ranges = kRanges[kind];
      const Range range = ranges[random.below(ranges.size())];
      append_utf8(text,
                  range.first + static_cast<char32_t>(random.below(range.last - range.first + 1)));
    }
  }
  return text;
}

inline constexpr int kTextsPerDigest = 100;

/// Checks `numbers_of(text)` of all random texts against the digests, each over a hundred of them.
template <class NumbersOf>
void check_random_texts(const nlohmann::json& digests, NumbersOf numbers_of) {
  REQUIRE(digests.size() == 200);
  std::uint64_t index = 0;
  for (const auto& expected : digests) {
    CAPTURE(index);
    Digest digest;
    for (int i = 0; i < kTextsPerDigest; ++i) {
      const auto numbers = numbers_of(random_text(index++));
      digest.add(std::vector<std::size_t>{numbers.size()});
      digest.add(numbers);
    }
    CHECK(digest.text() == expected.get<std::string>());
  }
}

}  // namespace tenon::text
