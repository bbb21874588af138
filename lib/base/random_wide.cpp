#include "base/random_wide.h"

#if defined(__x86_64__)
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's own AVX-512 header leaves don't-care operands unset on purpose and then warns of it.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#endif

namespace tenon {

#if defined(__x86_64__)
namespace {

// A 32-bit word sits in the low half of each 64-bit lane, because the widening multiplication reads
// it there and leaves the two words of its product in one lane. Upper halves may hold rubbish where
// only a multiplication or a final narrowing reads them.
//
// Salmon et al. 2011, table 2; as in base/random.cpp.
constexpr long long kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;

__attribute__((target("avx512f"))) std::size_t high_words_avx512(std::uint64_t first,
                                                                 std::uint64_t block,
                                                                 std::array<std::uint32_t, 2> key,
                                                                 std::span<std::uint32_t> words) {
  const __m512i multiplier0 = _mm512_set1_epi64(kMultiplier0);
  const __m512i multiplier1 = _mm512_set1_epi64(kMultiplier1);
  const __m512i ramp = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
  std::size_t done = 0;
  for (; done + 16 <= words.size(); done += 16) {
    __m512i c0[2], c1[2], c2[2], c3[2];
    for (int half = 0; half < 2; ++half) {
      const std::uint64_t start = first + done + 8 * static_cast<std::uint64_t>(half);
      c0[half] = _mm512_add_epi64(_mm512_set1_epi64(static_cast<long long>(start)), ramp);
      c1[half] = _mm512_srli_epi64(c0[half], 32);
      c2[half] = _mm512_set1_epi64(static_cast<long long>(block));
      c3[half] = _mm512_srli_epi64(c2[half], 32);
    }
    std::uint32_t key0 = key[0], key1 = key[1];
    for (int round = 0; round < kRounds; ++round, key0 += kWeyl0, key1 += kWeyl1) {
      const __m512i k0 = _mm512_set1_epi64(key0), k1 = _mm512_set1_epi64(key1);
      for (int half = 0; half < 2; ++half) {
        const __m512i product0 = _mm512_mul_epu32(multiplier0, c0[half]);
        const __m512i product1 = _mm512_mul_epu32(multiplier1, c2[half]);
        // 0x96 is the truth table of a three-way exclusive or.
        c0[half] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(product1, 32), c1[half], k0, 0x96);
        c2[half] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(product0, 32), c3[half], k1, 0x96);
        c1[half] = product1;
        c3[half] = product0;
      }
    }
    for (int half = 0; half < 2; ++half)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(words.data() + done + 8 * half),
                          _mm512_cvtepi64_epi32(c1[half]));
  }
  return done;
}

__attribute__((target("avx2"))) std::size_t high_words_avx2(std::uint64_t first,
                                                            std::uint64_t block,
                                                            std::array<std::uint32_t, 2> key,
                                                            std::span<std::uint32_t> words) {
  const __m256i multiplier0 = _mm256_set1_epi64x(kMultiplier0);
  const __m256i multiplier1 = _mm256_set1_epi64x(kMultiplier1);
  const __m256i ramp = _mm256_set_epi64x(3, 2, 1, 0);
  const __m256i low_halves = _mm256_set_epi32(7, 5, 3, 1, 6, 4, 2, 0);
  std::size_t done = 0;
  for (; done + 8 <= words.size(); done += 8) {
    __m256i c0[2], c1[2], c2[2], c3[2];
    for (int half = 0; half < 2; ++half) {
      const std::uint64_t start = first + done + 4 * static_cast<std::uint64_t>(half);
      c0[half] = _mm256_add_epi64(_mm256_set1_epi64x(static_cast<long long>(start)), ramp);
      c1[half] = _mm256_srli_epi64(c0[half], 32);
      c2[half] = _mm256_set1_epi64x(static_cast<long long>(block));
      c3[half] = _mm256_srli_epi64(c2[half], 32);
    }
    std::uint32_t key0 = key[0], key1 = key[1];
    for (int round = 0; round < kRounds; ++round, key0 += kWeyl0, key1 += kWeyl1) {
      const __m256i k0 = _mm256_set1_epi64x(key0), k1 = _mm256_set1_epi64x(key1);
      for (int half = 0; half < 2; ++half) {
        const __m256i product0 = _mm256_mul_epu32(multiplier0, c0[half]);
        const __m256i product1 = _mm256_mul_epu32(multiplier1, c2[half]);
        c0[half] =
            _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(product1, 32), c1[half]), k0);
        c2[half] =
            _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(product0, 32), c3[half]), k1);
        c1[half] = product1;
        c3[half] = product0;
      }
    }
    for (int half = 0; half < 2; ++half) {
      const __m256i narrowed = _mm256_permutevar8x32_epi32(c1[half], low_halves);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(words.data() + done + 4 * half),
                       _mm256_castsi256_si128(narrowed));
    }
  }
  return done;
}

}  // namespace

std::size_t philox_high_words_wide(std::uint64_t first, std::uint64_t block,
                                   std::array<std::uint32_t, 2> key,
                                   std::span<std::uint32_t> words) {
  if (__builtin_cpu_supports("avx512f")) return high_words_avx512(first, block, key, words);
  if (__builtin_cpu_supports("avx2")) return high_words_avx2(first, block, key, words);
  return 0;
}

#else

std::size_t philox_high_words_wide(std::uint64_t, std::uint64_t, std::array<std::uint32_t, 2>,
                                   std::span<std::uint32_t>) {
  return 0;
}

#endif

}  // namespace tenon
