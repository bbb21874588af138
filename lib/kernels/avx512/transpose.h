#pragma once

#include <immintrin.h>

namespace tenon::kernels::avx512 {
namespace {

/// 16 x 16 words, rows to columns: pairs, quads, then 128-bit lanes.
[[gnu::always_inline]] inline void transpose_square(__m512i (&rows)[16]) {
  __m512i pairs[16], quads[16];
  for (int i = 0; i < 16; i += 2) {
    pairs[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    quads[i] = _mm512_unpacklo_epi64(pairs[i], pairs[i + 2]);
    quads[i + 1] = _mm512_unpackhi_epi64(pairs[i], pairs[i + 2]);
    quads[i + 2] = _mm512_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
    quads[i + 3] = _mm512_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    const __m512i a = _mm512_shuffle_i32x4(quads[i], quads[i + 4], 0x88);
    const __m512i b = _mm512_shuffle_i32x4(quads[i], quads[i + 4], 0xDD);
    const __m512i c = _mm512_shuffle_i32x4(quads[i + 8], quads[i + 12], 0x88);
    const __m512i d = _mm512_shuffle_i32x4(quads[i + 8], quads[i + 12], 0xDD);
    rows[i] = _mm512_shuffle_i32x4(a, c, 0x88);
    rows[i + 4] = _mm512_shuffle_i32x4(b, d, 0x88);
    rows[i + 8] = _mm512_shuffle_i32x4(a, c, 0xDD);
    rows[i + 12] = _mm512_shuffle_i32x4(b, d, 0xDD);
  }
}

}  // namespace
}  // namespace tenon::kernels::avx512
