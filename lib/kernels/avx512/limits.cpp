#include "kernels/avx512/operations.h"
#include "kernels/avx512/vectors.h"

// Sixteen sums: more than the four or five cycles of one instruction times the two that begin in a cycle.
// The compiler is kept from knowing that they are equal, or it would compute one.
namespace tenon::kernels::avx512 {

void int8_peak(std::int64_t rounds) {
  __m512i sums[kPeakSums];
  unroll<kPeakSums>([&]<int i>() {
    sums[i] = _mm512_setzero_si512();
    asm volatile("" : "+v"(sums[i]));
  });
  __m512i weight = _mm512_set1_epi8(3), activation = _mm512_set1_epi8(1);
  for (std::int64_t round = 0; round < rounds; ++round) {
    asm volatile("" : "+v"(weight), "+v"(activation));
    unroll<kPeakSums>([&]<int i>() { sums[i] = _mm512_dpbusd_epi32(sums[i], weight, activation); });
  }
  unroll<kPeakSums>([&]<int i>() { asm volatile("" : : "v"(sums[i])); });
}

void float32_peak(std::int64_t rounds) {
  __m512 sums[kPeakSums];
  unroll<kPeakSums>([&]<int i>() {
    sums[i] = _mm512_setzero_ps();
    asm volatile("" : "+v"(sums[i]));
  });
  __m512 weight = _mm512_set1_ps(1.0f), activation = _mm512_set1_ps(0.5f);
  for (std::int64_t round = 0; round < rounds; ++round) {
    asm volatile("" : "+v"(weight), "+v"(activation));
    unroll<kPeakSums>([&]<int i>() { sums[i] = _mm512_fmadd_ps(weight, activation, sums[i]); });
  }
  unroll<kPeakSums>([&]<int i>() { asm volatile("" : : "v"(sums[i])); });
}

std::uint64_t read_all(const std::byte* data, std::size_t bytes) {
  constexpr int kVectors = 8;
  __m512i sums[kVectors];
  unroll<kVectors>([&]<int i>() { sums[i] = _mm512_setzero_si512(); });
  for (std::size_t at = 0; at < bytes; at += kVectors * sizeof(__m512i))
    unroll<kVectors>([&]<int i>() {
      sums[i] = _mm512_xor_si512(sums[i], _mm512_load_si512(data + at + i * sizeof(__m512i)));
    });
  __m512i sum = sums[0];
  unroll<kVectors - 1>([&]<int i>() { sum = _mm512_xor_si512(sum, sums[i + 1]); });
  std::uint64_t words[8];
  _mm512_storeu_si512(words, sum);
  for (int i = 1; i < 8; ++i) words[0] ^= words[i];
  return words[0];
}

}  // namespace tenon::kernels::avx512
