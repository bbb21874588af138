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

// The texts and digests of scripts/oracles/tokenizers.py.

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

std::string random_text(std::uint64_t index);

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
