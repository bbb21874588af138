#include <cstring>

#include "kernels/provider.h"

// What the compiler makes of plain loops.
namespace tenon::kernels {

namespace {

constexpr int kSums = 32;

void float32_peak(std::int64_t rounds) {
  float sums[kSums] = {};
  float weight = 1.0f, activation = 0.5f;
  asm volatile("" : "+m"(weight), "+m"(activation));  // numbers that the compiler does not know
  for (std::int64_t round = 0; round < rounds; ++round) {
    for (float& sum : sums) sum = sum * weight + activation;
  }
  asm volatile("" : : "m"(sums));
}

std::uint64_t read(const std::byte* data, std::size_t bytes) {
  constexpr std::size_t kWords = 8;
  std::uint64_t sums[kWords] = {};
  for (std::size_t at = 0; at < bytes; at += sizeof sums) {
    std::uint64_t words[kWords];
    std::memcpy(words, data + at, sizeof words);
    for (std::size_t i = 0; i < kWords; ++i) sums[i] ^= words[i];
  }
  for (std::size_t i = 1; i < kWords; ++i) sums[0] ^= sums[i];
  return sums[0];
}

}  // namespace

LimitLoops reference_limit_loops() {
  return {.peaks = {{ActivationForm::Float32, "plain C++", 2.0 * kSums, float32_peak}},
          .read = read};
}

}  // namespace tenon::kernels
