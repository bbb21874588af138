#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

namespace tenon::text {

/// Remembers where in the output of one call the tokens of a word stand, so that a word that comes
/// again is copied instead of merged. Holds no text of its own: the words are views of the text
/// being encoded. Bounded: a new word takes the place of an older one with the same slot.
class WordCache {
 public:
  struct Tokens {
    std::size_t begin;  // index in the output
    std::size_t count;
  };

  /// As many slots as a text of that size can use, at most kMostSlots.
  explicit WordCache(std::size_t text_bytes)
      : slots_(std::bit_ceil(text_bytes / 8 < kMostSlots ? text_bytes / 8 + 1 : kMostSlots)) {}

  std::optional<Tokens> find(std::string_view word) {
    if (word.size() > kLongestWord) return std::nullopt;
    const Slot& slot = slot_of(word);
    if (slot.word != word || slot.count == 0) return std::nullopt;
    return Tokens{slot.begin, slot.count};
  }

  void remember(std::string_view word, Tokens tokens) {
    if (word.size() > kLongestWord) return;
    slot_of(word) = {word, tokens.begin, tokens.count};
  }

 private:
  static constexpr std::size_t kMostSlots = std::size_t{1} << 14;
  static constexpr std::size_t kLongestWord = 48;  // longer ones hardly come again

  struct Slot {
    std::string_view word;
    std::size_t begin = 0;
    std::size_t count = 0;
  };

  static std::uint64_t hash(std::string_view word) {
    std::uint64_t value = word.size();
    while (word.size() >= 8) {
      value = mix(value, load(word.substr(0, 8)));
      word.remove_prefix(8);
    }
    return mix(value, load(word));
  }
  static std::uint64_t load(std::string_view bytes) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  static std::uint64_t mix(std::uint64_t value, std::uint64_t next) {
    value = (value ^ next) * 0x9E3779B97F4A7C15u;
    return value ^ (value >> 32);
  }

  Slot& slot_of(std::string_view word) { return slots_[hash(word) & (slots_.size() - 1)]; }

  std::vector<Slot> slots_;
};

}  // namespace tenon::text
