#pragma once

#include <immintrin.h>

#include "kernels/avx512/operations.h"
#include "kernels/avx512/vectors.h"

/// What the integer product needs to know of each packed format: the codes of a block as eight vectors of
/// unsigned bytes (16 columns x 4 inputs), its scales as float, and how an integer sum enters the float
/// accumulator. Everything is inlined into the micro-kernel.
namespace tenon::kernels::avx512 {
namespace {

using Codes = __m512i[8];

[[gnu::always_inline]] inline __m512i load_plane(const std::uint8_t* plane, int vector) {
  return _mm512_load_si512(plane + 64 * vector);
}

[[gnu::always_inline]] inline __m512 half_scales(const std::uint8_t* scales) {
  return _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(scales)));
}

[[gnu::always_inline]] inline __m128i byte_row(const std::uint8_t* row) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(row));
}
[[gnu::always_inline]] inline __m512 unsigned_scales(__m128i bytes) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes));
}
[[gnu::always_inline]] inline __m512 signed_scales(__m128i bytes) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes));
}

// -- Codes ----------------------------------------------------------------------------------------

[[gnu::always_inline]] inline void nibbles(const std::uint8_t* plane, Codes& codes) {
  const __m512i mask = _mm512_set1_epi8(15);
  for (int g = 0; g < 4; ++g) {
    const __m512i both = load_plane(plane, g);
    codes[g] = _mm512_and_si512(both, mask);
    codes[g + 4] = _mm512_and_si512(_mm512_srli_epi16(both, 4), mask);
  }
}

/// Moves bit `kFrom` (and those above it, cut by the caller's mask) of every byte to bit `kTo`.
template <int kFrom, int kTo>
[[gnu::always_inline]] inline __m512i shift_to(__m512i bytes) {
  if constexpr (kFrom > kTo) return _mm512_srli_epi16(bytes, kFrom - kTo);
  if constexpr (kFrom < kTo) return _mm512_slli_epi16(bytes, kTo - kFrom);
  return bytes;
}

/// base | (bytes & mask), one instruction.
[[gnu::always_inline]] inline __m512i or_masked(__m512i base, __m512i bytes, __m512i mask) {
  return _mm512_ternarylogic_epi32(base, bytes, mask, 0xF8);
}

template <int kTo>
[[gnu::always_inline]] inline void add_one_bit(const std::uint8_t* plane, Codes& codes) {
  const __m512i bits = load_plane(plane, 0);
  const __m512i mask = _mm512_set1_epi8(1 << kTo);
  unroll<8>([&]<int g>() [[gnu::always_inline]] {
    codes[g] = or_masked(codes[g], shift_to<g, kTo>(bits), mask);
  });
}

template <int kTo>
[[gnu::always_inline]] inline void add_two_bits(const std::uint8_t* plane, Codes& codes) {
  const __m512i mask = _mm512_set1_epi8(static_cast<char>(3 << kTo));
  const __m512i bits[2] = {load_plane(plane, 0), load_plane(plane, 1)};
  unroll<8>([&]<int g>() [[gnu::always_inline]] {
    codes[g] = or_masked(codes[g], shift_to<2 * (g % 4), kTo>(bits[g / 4]), mask);
  });
}

[[gnu::always_inline]] inline void two_bits(const std::uint8_t* plane, Codes& codes) {
  const __m512i mask = _mm512_set1_epi8(3);
  const __m512i bits[2] = {load_plane(plane, 0), load_plane(plane, 1)};
  unroll<8>([&]<int g>() [[gnu::always_inline]] {
    codes[g] = _mm512_and_si512(shift_to<2 * (g % 4), 0>(bits[g / 4]), mask);
  });
}

// -- Sums -----------------------------------------------------------------------------------------

[[gnu::always_inline]] inline __m512 broadcast(const float& value) {
  return _mm512_set1_ps(value);
}
[[gnu::always_inline]] inline __m512i broadcast(const std::int32_t& value) {
  return _mm512_set1_epi32(value);
}

/// sum + codes . activations over the four-input groups [kBegin, kEnd).
template <int kBegin, int kEnd>
[[gnu::always_inline]] inline __m512i dot(__m512i sum, const Codes& codes,
                                          const ActivationBlock& activation) {
  const auto* words = reinterpret_cast<const std::int32_t*>(activation.values);
  unroll<kEnd - kBegin>([&]<int i>() [[gnu::always_inline]] {
    sum = _mm512_dpbusd_epi32(sum, codes[kBegin + i], broadcast(words[kBegin + i]));
  });
  return sum;
}

/// start + the sum of a column's codes, each <= kLargest, over the groups [kBegin, kEnd), as float. The same for
/// every row. Codes that fit a byte together are added as bytes, off the multiplying ports.
template <int kBegin, int kEnd, int kLargest>
[[gnu::always_inline]] inline __m512 code_sum(const Codes& codes, std::int32_t start) {
  const __m512i ones = _mm512_set1_epi8(1);
  __m512i sum = _mm512_set1_epi32(start);
  if constexpr ((kEnd - kBegin) * kLargest <= 255) {
    __m512i bytes = codes[kBegin];
    for (int i = kBegin + 1; i < kEnd; ++i) bytes = _mm512_add_epi8(bytes, codes[i]);
    return _mm512_cvtepi32_ps(_mm512_dpbusd_epi32(sum, bytes, ones));
  }
  for (int i = kBegin; i < kEnd; ++i) sum = _mm512_dpbusd_epi32(sum, codes[i], ones);
  return _mm512_cvtepi32_ps(sum);
}

// With x = middle + step * value for the activations, sum(w * x) = step * sum(w * value) + middle * sum(w): each
// of the following keeps what the activations' middle is multiplied by beside the scales.

/// w = scale * (code - kOffset): the offset is paid by where the integer sum starts.
template <std::int32_t ActivationBlock::*kStart, int kOffset>
struct OffsetSum {
  static constexpr int kLargest = 2 * kOffset - 1;
  __m512 scale, weight_sum;
  [[gnu::always_inline]] static inline OffsetSum of(const Codes& codes, __m512 scale) {
    return {scale, _mm512_mul_ps(scale, code_sum<0, 8, kLargest>(codes, -32 * kOffset))};
  }
  [[gnu::always_inline]] inline __m512 add(__m512 sum, const Codes& codes,
                                           const ActivationBlock& activation) const {
    const __m512i products = dot<0, 8>(broadcast(activation.*kStart), codes, activation);
    sum = _mm512_fmadd_ps(weight_sum, broadcast(activation.middle), sum);
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(products),
                           _mm512_mul_ps(scale, broadcast(activation.scale)), sum);
  }
};

/// w = scale * code + minimum, of codes up to 5 bits. The minimum is multiplied by the activations' sum, middle included.
struct MinimumSum {
  __m512 scale, minimum, code_part;
  [[gnu::always_inline]] static inline MinimumSum of(const Codes& codes, __m512 scale,
                                                     __m512 minimum) {
    return {scale, minimum, _mm512_mul_ps(scale, code_sum<0, 8, 31>(codes, 0))};
  }
  [[gnu::always_inline]] inline __m512 add(__m512 sum, const Codes& codes,
                                           const ActivationBlock& activation) const {
    const __m512i products = dot<0, 8>(_mm512_setzero_si512(), codes, activation);
    sum = _mm512_fmadd_ps(code_part, broadcast(activation.middle), sum);
    sum = _mm512_fmadd_ps(minimum, broadcast(activation.sum), sum);
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(products),
                           _mm512_mul_ps(scale, broadcast(activation.scale)), sum);
  }
};

/// w = scale[half] * (code - kOffset), one scale for 16 inputs; kOffset is 32 >> kShift.
template <int kShift>
struct HalfOffsetSum {
  __m512 scale[2], weight_sum;
  [[gnu::always_inline]] static inline HalfOffsetSum of(const Codes& codes, __m512 low,
                                                        __m512 high) {
    constexpr int kStart = -16 * (32 >> kShift);
    const __m512 high_sum = _mm512_mul_ps(high, code_sum<4, 8, 63>(codes, kStart));
    return {{low, high}, _mm512_fmadd_ps(low, code_sum<0, 4, 63>(codes, kStart), high_sum)};
  }
  [[gnu::always_inline]] inline __m512 add(__m512 sum, const Codes& codes,
                                           const ActivationBlock& activation) const {
    const __m512 unit = broadcast(activation.scale);
    __m512i low = broadcast(activation.offset32_half[0]);
    __m512i high = broadcast(activation.offset32_half[1]);
    if constexpr (kShift > 0) low = _mm512_srai_epi32(low, kShift);  // exact: multiples of 32
    if constexpr (kShift > 0) high = _mm512_srai_epi32(high, kShift);
    low = dot<0, 4>(low, codes, activation);
    high = dot<4, 8>(high, codes, activation);
    sum = _mm512_fmadd_ps(weight_sum, broadcast(activation.middle), sum);
    sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(low), _mm512_mul_ps(scale[0], unit), sum);
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(high), _mm512_mul_ps(scale[1], unit), sum);
  }
};

/// w = scale[half] * code - minimum[half].
struct HalfMinimumSum {
  __m512 scale[2], minimum[2], weight_sum;
  [[gnu::always_inline]] static inline HalfMinimumSum of(const Codes& codes,
                                                         const __m512 (&scale)[2],
                                                         const __m512 (&minimum)[2]) {
    const __m512 minima =
        _mm512_mul_ps(_mm512_set1_ps(-16.0f), _mm512_add_ps(minimum[0], minimum[1]));
    __m512 sum = _mm512_fmadd_ps(scale[0], code_sum<0, 4, 3>(codes, 0), minima);
    sum = _mm512_fmadd_ps(scale[1], code_sum<4, 8, 3>(codes, 0), sum);
    return {{scale[0], scale[1]}, {minimum[0], minimum[1]}, sum};
  }
  [[gnu::always_inline]] inline __m512 add(__m512 sum, const Codes& codes,
                                           const ActivationBlock& activation) const {
    const __m512 unit = broadcast(activation.scale);
    const __m512i products[2] = {dot<0, 4>(_mm512_setzero_si512(), codes, activation),
                                 dot<4, 8>(_mm512_setzero_si512(), codes, activation)};
    sum = _mm512_fmadd_ps(weight_sum, broadcast(activation.middle), sum);
    for (int half = 0; half < 2; ++half) {
      sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(products[half]), _mm512_mul_ps(scale[half], unit),
                            sum);
      // -32 times the sum of the half, so minus the sum: the minimum is taken away.
      const __m512i values = _mm512_srai_epi32(broadcast(activation.offset32_half[half]), 5);
      sum = _mm512_fmadd_ps(minimum[half], _mm512_mul_ps(_mm512_cvtepi32_ps(values), unit), sum);
    }
    return sum;
  }
};

// -- Formats --------------------------------------------------------------------------------------
// codes(block, out), sums(codes, header, j): block j of a group.

template <PackedFormat kFormat>
struct Format;

template <PackedFormat kFormat>
struct Nibbles {
  static constexpr PackedLayout kLayout = packed_layout(kFormat);
  [[gnu::always_inline]] static inline void codes(const std::uint8_t* block, Codes& out) {
    nibbles(block, out);
  }
};

template <PackedFormat kFormat>
struct FiveBits {
  static constexpr PackedLayout kLayout = packed_layout(kFormat);
  [[gnu::always_inline]] static inline void codes(const std::uint8_t* block, Codes& out) {
    nibbles(block, out);
    add_one_bit<4>(block + 256, out);
  }
};

template <>
struct Format<PackedFormat::Q4_0> : Nibbles<PackedFormat::Q4_0> {
  using Sums = OffsetSum<&ActivationBlock::offset8, 8>;
  [[gnu::always_inline]] static inline Sums sums(const Codes& codes, const std::uint8_t* header,
                                                 int j) {
    return Sums::of(codes, half_scales(header + 32 * j));
  }
};

template <>
struct Format<PackedFormat::IQ4_NL> {
  static constexpr PackedLayout kLayout = packed_layout(PackedFormat::IQ4_NL);
  [[gnu::always_inline]] static inline void codes(const std::uint8_t* block, Codes& out) {
    // precision::kIq4NlValues + 128.
    const __m512i levels = _mm512_broadcast_i32x4(_mm_setr_epi8(
        1, 24, 45, 63, 79, 93, 106, 118, static_cast<char>(129), static_cast<char>(141),
        static_cast<char>(153), static_cast<char>(166), static_cast<char>(181),
        static_cast<char>(197), static_cast<char>(217), static_cast<char>(241)));
    nibbles(block, out);
    for (__m512i& code : out) code = _mm512_shuffle_epi8(levels, code);
  }
  using Sums = OffsetSum<&ActivationBlock::offset128, 128>;
  [[gnu::always_inline]] static inline Sums sums(const Codes& codes, const std::uint8_t* header,
                                                 int j) {
    return Sums::of(codes, half_scales(header + 32 * j));
  }
};

template <>
struct Format<PackedFormat::Q4_1> : Nibbles<PackedFormat::Q4_1> {
  using Sums = MinimumSum;
  [[gnu::always_inline]] static inline Sums sums(const Codes& codes, const std::uint8_t* header,
                                                 int) {
    return Sums::of(codes, half_scales(header), half_scales(header + 32));
  }
};

template <>
struct Format<PackedFormat::Q5_0> : FiveBits<PackedFormat::Q5_0> {
  using Sums = OffsetSum<&ActivationBlock::offset16, 16>;
  [[gnu::always_inline]] static inline Sums sums(const Codes& codes, const std::uint8_t* header,
                                                 int j) {
    return Sums::of(codes, half_scales(header + 32 * j));
  }
};

template <>
struct Format<PackedFormat::Q5_1> : FiveBits<PackedFormat::Q5_1> {
  using Sums = MinimumSum;
  [[gnu::always_inline]] static inline Sums sums(const Codes& codes, const std::uint8_t* header,
                                                 int) {
    return Sums::of(codes, half_scales(header), half_scales(header + 32));
  }
};

template <>
struct Format<PackedFormat::Q8_0> {
  static constexpr PackedLayout kLayout = packed_layout(PackedFormat::Q8_0);
  [[gnu::always_inline]] static inline void codes(const std::uint8_t* block, Codes& out) {
    for (int g = 0; g < 8; ++g) out[g] = load_plane(block, g);
  }
  using Sums = OffsetSum<&ActivationBlock::offset128, 128>;
  [[gnu::always_inline]] static inline Sums sums(const Codes& codes, const std::uint8_t* header,
                                                 int j) {
    return Sums::of(codes, half_scales(header + 32 * j));
  }
};

// The K formats multiply a float16 scale by a small integer: exact in float32.
[[gnu::always_inline]] inline MinimumSum scale_and_minimum(const Codes& codes,
                                                           const std::uint8_t* header, int j) {
  const __m512 scale = unsigned_scales(byte_row(header + 64 + 16 * j));
  const __m512 minimum = unsigned_scales(byte_row(header + 192 + 16 * j));
  const __m512 zero = _mm512_setzero_ps();
  return MinimumSum::of(codes, _mm512_mul_ps(half_scales(header), scale),
                        _mm512_fnmadd_ps(half_scales(header + 32), minimum, zero));
}

template <>
struct Format<PackedFormat::Q4_K> : Nibbles<PackedFormat::Q4_K> {
  using Sums = MinimumSum;
  [[gnu::always_inline]] static inline Sums sums(const Codes& codes, const std::uint8_t* header,
                                                 int j) {
    return scale_and_minimum(codes, header, j);
  }
};

template <>
struct Format<PackedFormat::Q5_K> : FiveBits<PackedFormat::Q5_K> {
  using Sums = MinimumSum;
  [[gnu::always_inline]] static inline Sums sums(const Codes& codes, const std::uint8_t* header,
                                                 int j) {
    return scale_and_minimum(codes, header, j);
  }
};

template <int kShift>
[[gnu::always_inline]] inline HalfOffsetSum<kShift> two_signed_scales(const Codes& codes,
                                                                      const std::uint8_t* header,
                                                                      int j) {
  const __m512 scale = half_scales(header);
  const std::uint8_t* rows = header + 64 + 32 * j;
  return HalfOffsetSum<kShift>::of(codes, _mm512_mul_ps(scale, signed_scales(byte_row(rows))),
                                   _mm512_mul_ps(scale, signed_scales(byte_row(rows + 16))));
}

template <>
struct Format<PackedFormat::Q6_K> {
  static constexpr PackedLayout kLayout = packed_layout(PackedFormat::Q6_K);
  [[gnu::always_inline]] static inline void codes(const std::uint8_t* block, Codes& out) {
    nibbles(block, out);
    add_two_bits<4>(block + 256, out);
  }
  using Sums = HalfOffsetSum<0>;
  [[gnu::always_inline]] static inline Sums sums(const Codes& codes, const std::uint8_t* header,
                                                 int j) {
    return two_signed_scales<0>(codes, header, j);
  }
};

template <>
struct Format<PackedFormat::Q3_K> {
  static constexpr PackedLayout kLayout = packed_layout(PackedFormat::Q3_K);
  [[gnu::always_inline]] static inline void codes(const std::uint8_t* block, Codes& out) {
    two_bits(block, out);
    add_one_bit<2>(block + 128, out);
  }
  using Sums = HalfOffsetSum<3>;
  [[gnu::always_inline]] static inline Sums sums(const Codes& codes, const std::uint8_t* header,
                                                 int j) {
    return two_signed_scales<3>(codes, header, j);  // codes are 4 above
  }
};

template <>
struct Format<PackedFormat::Q2_K> {
  static constexpr PackedLayout kLayout = packed_layout(PackedFormat::Q2_K);
  [[gnu::always_inline]] static inline void codes(const std::uint8_t* block, Codes& out) {
    two_bits(block, out);
  }
  using Sums = HalfMinimumSum;
  [[gnu::always_inline]] static inline Sums sums(const Codes& codes, const std::uint8_t* header,
                                                 int j) {
    const __m512 scale = half_scales(header);
    const __m512 minimum = half_scales(header + 32);
    const __m128i mask = _mm_set1_epi8(15);
    __m512 scales[2], minima[2];
    for (int half = 0; half < 2; ++half) {
      const __m128i both = byte_row(header + 64 + 32 * j + 16 * half);
      scales[half] = _mm512_mul_ps(scale, unsigned_scales(_mm_and_si128(both, mask)));
      minima[half] =
          _mm512_mul_ps(minimum, unsigned_scales(_mm_and_si128(_mm_srli_epi16(both, 4), mask)));
    }
    return Sums::of(codes, scales, minima);
  }
};

}  // namespace
}  // namespace tenon::kernels::avx512
