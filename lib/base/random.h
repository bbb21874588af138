#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace tenon {

/// Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): ten rounds
/// from a 128-bit counter and a 64-bit key to 128 random bits. Counter-based: no state, any draw at
/// any place.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

/// Uniform in the open interval (0, 1) from 64 random bits: (k + 1/2) / 2^52 of the upper 52, never
/// 0, never 1.
constexpr double uniform_from_bits(std::uint64_t bits) {
  return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
}

/// A named stream of random numbers: draw i of stream (seed, name, a, b) is always the same number,
/// whoever asks, in whatever order, on whatever thread.
///
///   RandomStream noise(seed, "gumbel", sequence, position);
///   double g = noise.gumbel(token);
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::string_view name, std::uint64_t a = 0, std::uint64_t b = 0);

  /// 64 random bits.
  std::uint64_t bits(std::uint64_t index) const;
  /// words[i] = bits(first + i) >> 32, many at once: for readers that throw most draws away after a
  /// look at their leading half.
  void high_words(std::uint64_t first, std::span<std::uint32_t> words) const;
  /// Uniform in the open interval (0, 1).
  double uniform(std::uint64_t index) const;
  /// Standard normal (Box-Muller on the two halves of one draw).
  double normal(std::uint64_t index) const;
  /// Standard Gumbel: -log(-log(uniform)). argmax(log p + gumbel) draws from p.
  double gumbel(std::uint64_t index) const;

 private:
  std::array<std::uint32_t, 2> key_;
  std::uint64_t block_;
};

}  // namespace tenon
