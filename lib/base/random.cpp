#include "base/random.h"

#include <cmath>
#include <numbers>

#include "base/random_wide.h"

namespace tenon {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  // Multipliers and Weyl increments of Salmon et al. 2011, table 2 and section 3.
  constexpr std::uint64_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = kMultiplier0 * counter[0];
    const std::uint64_t product1 = kMultiplier1 * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

namespace {

// Splitmix64's finaliser (Steele et al. 2014): a bijection that spreads every input bit.
std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9u;
  x ^= x >> 27;
  x *= 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// FNV-1a, 64 bits: the same on every platform, unlike std::hash.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xCBF29CE484222325u;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return value;
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, std::string_view name, std::uint64_t a,
                           std::uint64_t b) {
  // The key is the seed and the name; (a, b) choose the block of the counter. Mixing keeps streams
  // of neighbouring seeds apart even for a reader who xors them.
  const std::uint64_t key = mix(seed + 0x9E3779B97F4A7C15u) ^ hash(name);
  key_ = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
  block_ = mix(a + 0x9E3779B97F4A7C15u * (b + 1)) ^ mix(b ^ 0xD1B54A32D192ED03u);
}

std::uint64_t RandomStream::bits(std::uint64_t index) const {
  const auto words =
      philox4x32({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                  static_cast<std::uint32_t>(block_), static_cast<std::uint32_t>(block_ >> 32)},
                 key_);
  return static_cast<std::uint64_t>(words[1]) << 32 | words[0];
}

void RandomStream::high_words(std::uint64_t first, std::span<std::uint32_t> words) const {
  const std::size_t wide = philox_high_words_wide(first, block_, key_, words);
  for (std::size_t i = wide; i < words.size(); ++i)
    words[i] = static_cast<std::uint32_t>(bits(first + i) >> 32);
}

double RandomStream::uniform(std::uint64_t index) const {
  return uniform_from_bits(bits(index));
}

double RandomStream::normal(std::uint64_t index) const {
  const std::uint64_t word = bits(index);
  const double u = (static_cast<double>(word >> 32) + 0.5) * 0x1p-32;
  const double v = (static_cast<double>(word & 0xFFFFFFFFu) + 0.5) * 0x1p-32;
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

double RandomStream::gumbel(std::uint64_t index) const {
  return -std::log(-std::log(uniform(index)));
}

}  // namespace tenon
