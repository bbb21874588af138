#include <cstring>

#include "kernels/provider.h"

// What the compiler makes of plain loops.
namespace tenon::kernels {

namespace {

constexpr int kSums = 32;

void float32_peak(std::int64_t rounds) {
  float sums[kSums] = {};
  float weight = 1.0f, activation = 0.5f;
  // Numbers that the compiler does not know, or it would compute equal sums once.
  asm volatile("" : "+m"(sums), "+m"(weight), "+m"(activation));
  for (std::int64_t round = 0; round < rounds; ++round) {
    for (float& sum : sums) sum = sum * weight + activation;
  }
  asm volatile("" : : "m"(sums));
}

std::uint64_t word(const std::byte* at) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, at, sizeof bits);
  return bits;
}

std::uint64_t read(const std::byte* data, std::size_t bytes) {
  std::uint64_t a = 0, b = 0, c = 0, d = 0;
  for (std::size_t at = 0; at < bytes; at += 64) {
    const std::byte* line = data + at;
    a ^= word(line) ^ word(line + 32);
    b ^= word(line + 8) ^ word(line + 40);
    c ^= word(line + 16) ^ word(line + 48);
    d ^= word(line + 24) ^ word(line + 56);
  }
  return a ^ b ^ c ^ d;
}

}  // namespace

LimitLoops reference_limit_loops() {
  return {.peaks = {{ActivationForm::Float32, "plain C++", 2.0 * kSums, float32_peak}},
          .read = read};
}

}  // namespace tenon::kernels
