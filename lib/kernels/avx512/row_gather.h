#pragma once

#include <immintrin.h>

#include "kernels/avx512/operations.h"
#include "kernels/avx512/vectors.h"

namespace tenon::kernels::avx512 {
namespace {

/// 16 rows of a file weight, one lane each; rows past the end read as zeros.
class RowGather {
 public:
  RowGather(const FileWeight& weight, std::int64_t first_row)
      : base_(weight.data + static_cast<std::size_t>(first_row) * weight.row_bytes),
        stride_(weight.row_bytes),
        offsets_(_mm512_mullo_epi32(
            _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
            _mm512_set1_epi32(static_cast<int>(weight.row_bytes)))),
        lanes_(first_lanes(weight.out_features - first_row)) {}

  /// The 32-bit word at `byte` of every row.
  __m512i word(std::size_t byte) const {
    return _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), lanes_, offsets_, base_ + byte, 1);
  }

  /// Four neighbouring words from `byte` on: 16 loads and 8 shuffles where every row is there, about a
  /// quarter of the time of four gathers.
  void four_words(std::size_t byte, __m512i* words) const {
    if (lanes_ != 0xFFFF) {
      for (std::size_t i = 0; i < 4; ++i) words[i] = word(byte + 4 * i);
      return;
    }
    // Lane l of quads[i] is row 4l + i.
    __m512i quads[4];
    for (std::size_t i = 0; i < 4; ++i) {
      quads[i] = _mm512_castsi128_si512(row_words(byte, i));
      quads[i] = _mm512_inserti32x4(quads[i], row_words(byte, i + 4), 1);
      quads[i] = _mm512_inserti32x4(quads[i], row_words(byte, i + 8), 2);
      quads[i] = _mm512_inserti32x4(quads[i], row_words(byte, i + 12), 3);
    }
    const __m512i low01 = _mm512_unpacklo_epi32(quads[0], quads[1]);
    const __m512i low23 = _mm512_unpacklo_epi32(quads[2], quads[3]);
    const __m512i high01 = _mm512_unpackhi_epi32(quads[0], quads[1]);
    const __m512i high23 = _mm512_unpackhi_epi32(quads[2], quads[3]);
    words[0] = _mm512_unpacklo_epi64(low01, low23);
    words[1] = _mm512_unpackhi_epi64(low01, low23);
    words[2] = _mm512_unpacklo_epi64(high01, high23);
    words[3] = _mm512_unpackhi_epi64(high01, high23);
  }

 private:
  __m128i row_words(std::size_t byte, std::size_t row) const {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(base_ + row * stride_ + byte));
  }

  const std::uint8_t* base_;
  std::size_t stride_;
  __m512i offsets_;
  __mmask16 lanes_;
};

}  // namespace
}  // namespace tenon::kernels::avx512
