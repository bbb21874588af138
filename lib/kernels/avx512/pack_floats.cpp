#include <immintrin.h>

#include "kernels/avx512/operations.h"
#include "kernels/avx512/row_gather.h"
#include "kernels/avx512/transpose.h"

namespace tenon::kernels::avx512 {

namespace {

void store_half_row(std::uint8_t* to, __m512i words) {
  _mm256_store_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtepi32_epi16(words));
}

// The last number of an odd row, alone in its word: a gather of the whole word would read past the end.
__m512i last_half(const FileWeight& weight, std::int64_t first_row, std::int64_t k) {
  alignas(64) std::int32_t words[kTileColumns] = {};
  for (std::int64_t c = 0; c < kTileColumns && first_row + c < weight.out_features; ++c) {
    const std::uint8_t* at = weight.data +
                             static_cast<std::size_t>(first_row + c) * weight.row_bytes +
                             static_cast<std::size_t>(2 * k);
    words[c] = at[0] | at[1] << 8;
  }
  return _mm512_load_si512(words);
}

void store_vector(FloatFormat format, __m512i words, std::uint8_t* to) {
  if (format != FloatFormat::F16) return _mm512_store_si512(to, words);
  store_half_row(to, words);  // two inputs in a word
  store_half_row(to + 32, _mm512_srli_epi32(words, 16));
}

void pack_tile(FloatFormat format, const FileWeight& weight, std::int64_t first_row,
               std::uint8_t* to) {
  const RowGather rows(weight, first_row);
  const std::int64_t words = weight.in_features / (format == FloatFormat::F32 ? 1 : 2);
  std::int64_t w = 0;
  for (; w + 4 <= words; w += 4) {
    __m512i four[4];
    rows.four_words(static_cast<std::size_t>(4 * w), four);
    for (const __m512i& vector : four) {
      store_vector(format, vector, to);
      to += 64;
    }
  }
  for (; w < words; ++w, to += 64)
    store_vector(format, rows.word(static_cast<std::size_t>(4 * w)), to);
  if (format != FloatFormat::F32 && weight.in_features % 2 != 0)
    store_vector(format, last_half(weight, first_row, weight.in_features - 1), to);
}

}  // namespace

void pack_floats(FloatFormat format, const FileWeight& weight, std::int64_t tile_begin,
                 std::int64_t tile_end, std::uint8_t* packed) {
  const std::int64_t vectors =
      format == FloatFormat::F32 ? weight.in_features : (weight.in_features + 1) / 2;
  for (std::int64_t tile = tile_begin; tile < tile_end; ++tile, packed += 64 * vectors)
    pack_tile(format, weight, tile * kTileColumns, packed);
}

void transpose_panel(const float* rows, std::size_t stride, int count, std::int64_t size,
                     float* panel) {
  for (std::int64_t k = 0; k < size; k += kTileColumns) {
    const __mmask16 inputs = first_lanes(size - k);
    __m512i square[16];
    for (int i = 0; i < 16; ++i)
      square[i] = _mm512_maskz_loadu_epi32(
          i < count ? inputs : __mmask16{0},
          rows + (i < count ? static_cast<std::size_t>(i) * stride : 0) + k);
    transpose_square(square);
    for (int i = 0; i < 16 && k + i < size; ++i)
      _mm512_store_si512(panel + (k + i) * kTileColumns, square[i]);
  }
}

}  // namespace tenon::kernels::avx512
