#include "kernels/avx512/operations.h"
#include "kernels/avx512/vectors.h"

// As limits.cpp; needs AVX512_BF16.
namespace tenon::kernels::avx512 {

void bfloat16_peak(std::int64_t rounds) {
  __m512 sums[kPeakSums];
  unroll<kPeakSums>([&]<int i>() {
    sums[i] = _mm512_setzero_ps();
    asm volatile("" : "+v"(sums[i]));
  });
  // Pairs of 1.0 and of 0.5.
  __m512i weight = _mm512_set1_epi16(0x3F80), activation = _mm512_set1_epi16(0x3F00);
  for (std::int64_t round = 0; round < rounds; ++round) {
    asm volatile("" : "+v"(weight), "+v"(activation));
    unroll<kPeakSums>([&]<int i>() {
      sums[i] = _mm512_dpbf16_ps(sums[i], (__m512bh)weight, (__m512bh)activation);
    });
  }
  unroll<kPeakSums>([&]<int i>() { asm volatile("" : : "v"(sums[i])); });
}

}  // namespace tenon::kernels::avx512
