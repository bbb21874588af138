#include <immintrin.h>

#include "kernels/avx512/operations.h"
#include "kernels/avx512/vectors.h"

// A key is spread over its group: 16 numbers at a time are converted, then stored one by one.
namespace tenon::kernels::avx512 {

namespace {

constexpr int kBlock = kCacheScaleNumbers;

/// 16 numbers in a 16-bit format, nearest even.
void narrow_vector(const float* numbers, int count, CacheFormat format, std::uint16_t* halves) {
  alignas(64) float padded[16] = {};
  __builtin_memcpy(padded, numbers, static_cast<std::size_t>(count) * sizeof(float));
  if (format == CacheFormat::F16)
    store_float16(padded, 16, halves);
  else
    store_bfloat16(padded, 16, halves);
}

/// 32 numbers of Q8_0: their codes, each lifted by `offset`; the scale's bits are returned.
std::uint16_t quantize_block(const float* numbers, int offset, std::uint8_t* codes) {
  const __m512 a = _mm512_loadu_ps(numbers), b = _mm512_loadu_ps(numbers + 16);
  const float largest = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(a), _mm512_abs_ps(b)));
  const __m512 zero = _mm512_setzero_ps();
  const float spoiled =
      _mm512_reduce_add_ps(_mm512_add_ps(_mm512_mul_ps(a, zero), _mm512_mul_ps(b, zero)));
  const __m256i half = _mm512_cvtps_ph(_mm512_set1_ps(largest / 127.0f + spoiled),
                                       _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const float scale = _mm512_cvtss_f32(_mm512_cvtph_ps(half));
  const bool is_usable = scale > 0.0f && scale < __builtin_inff();
  const __m512 inverse = _mm512_set1_ps(is_usable ? 1.0f / scale : 0.0f);
  const auto code = [&](__m512 x) {
    const __m512 limit = _mm512_set1_ps(127.0f);
    const __m512 scaled =
        _mm512_min_ps(limit, _mm512_max_ps(_mm512_sub_ps(zero, limit), _mm512_mul_ps(x, inverse)));
    const __m512i whole = is_usable ? _mm512_cvtps_epi32(scaled) : _mm512_setzero_si512();
    return _mm512_cvtepi32_epi8(_mm512_add_epi32(whole, _mm512_set1_epi32(offset)));
  };
  _mm_storeu_si128(reinterpret_cast<__m128i*>(codes), code(a));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(codes + 16), code(b));
  return static_cast<std::uint16_t>(_mm256_extract_epi16(half, 0));
}

void store_scale(std::uint16_t bits, int block, std::byte* group, int lane) {
  __builtin_memcpy(group + 2 * (block * kCellGroup + lane), &bits, sizeof bits);
}

}  // namespace

void store_key(const float* key, CacheFormat format, int head_dim, std::byte* group, int lane) {
  if (format == CacheFormat::F32) {
    for (int d = 0; d < head_dim; ++d)
      __builtin_memcpy(group + 4 * (d * kCellGroup + lane), key + d, sizeof(float));
  } else if (format == CacheFormat::Q8_0) {
    std::byte* quads = group + cache_scale_bytes(format, head_dim);
    for (int d = 0; d < head_dim; d += kBlock) {
      std::uint8_t codes[kBlock];
      store_scale(quantize_block(key + d, kCacheCodeOffset, codes), d / kBlock, group, lane);
      for (int i = 0; i < kBlock; i += 4)
        __builtin_memcpy(quads + (d + i) * kCellGroup + 4 * lane, codes + i, 4);
    }
  } else {
    for (int d = 0; d < head_dim; d += 16) {
      const int count = head_dim - d < 16 ? head_dim - d : 16;
      std::uint16_t halves[16];
      narrow_vector(key + d, count, format, halves);
      for (int i = 0; i < count; ++i)
        __builtin_memcpy(group + 2 * ((d + i) * kCellGroup + lane), halves + i, sizeof *halves);
    }
  }
}

void store_value(const float* value, CacheFormat format, int head_dim, std::byte* group, int lane) {
  std::byte* row = group + cache_scale_bytes(format, head_dim) +
                   std::int64_t{lane} * head_dim * cache_number_bytes(format);
  if (format == CacheFormat::F32) {
    __builtin_memcpy(row, value, static_cast<std::size_t>(head_dim) * sizeof(float));
  } else if (format == CacheFormat::Q8_0) {
    for (int d = 0; d < head_dim; d += kBlock)
      store_scale(quantize_block(value + d, 0, reinterpret_cast<std::uint8_t*>(row + d)),
                  d / kBlock, group, lane);
  } else if (format == CacheFormat::F16) {
    store_float16(value, head_dim, reinterpret_cast<std::uint16_t*>(row));
  } else {
    store_bfloat16(value, head_dim, reinterpret_cast<std::uint16_t*>(row));
  }
}

}  // namespace tenon::kernels::avx512
