#pragma once

#include <immintrin.h>

#include "kernels/avx512/operations.h"
#include "kernels/avx512/vectors.h"

namespace tenon::kernels::avx512 {
namespace {

/// 16 rows of a file weight; rows past the end read as zeros.
struct RowGather {
  const std::uint8_t* base;
  __m512i offsets;
  __mmask16 lanes;

  RowGather(const FileWeight& weight, std::int64_t first_row)
      : base(weight.data + static_cast<std::size_t>(first_row) * weight.row_bytes),
        offsets(_mm512_mullo_epi32(
            _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
            _mm512_set1_epi32(static_cast<int>(weight.row_bytes)))),
        lanes(first_lanes(weight.out_features - first_row)) {}

  __m512i word(std::size_t byte) const {
    return _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), lanes, offsets, base + byte, 1);
  }
};

}  // namespace
}  // namespace tenon::kernels::avx512
