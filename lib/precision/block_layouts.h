#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tenon::precision {

// The block formats of GGML (the format document is the GGUF specification, the layouts are those
// of ggml-common.h). All are little-endian; `scale`, `min_scale` and `minimum` are float16 bit
// patterns.
//
// A block is a run of a row's last axis: 32 numbers in the simple formats, 256 in the K formats. In
// the formulas x[i] is number i of the block and q its unsigned code. Every product is rounded to
// float32 in the order written: dequantize() and every exact kernel give the same bits.
//
// A file promises no alignment: read a block with load_block(), or byte by byte.
static_assert(std::endian::native == std::endian::little, "the block formats are read in place");

inline constexpr int kBlockElements = 32;    // of Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 IQ4_NL
inline constexpr int kKBlockElements = 256;  // of Q2_K Q3_K Q4_K Q5_K Q6_K

/// x[i] = scale * (q - 8); 4.5 bits a number.
/// Low nibbles hold numbers 0..15, high nibbles 16..31: byte j has q[j] | q[j + 16] << 4.
struct BlockQ4_0 {
  std::uint16_t scale;
  std::uint8_t quants[16];
};

/// x[i] = scale * q + minimum; 5 bits a number. Nibbles as Q4_0.
struct BlockQ4_1 {
  std::uint16_t scale;
  std::uint16_t minimum;
  std::uint8_t quants[16];
};

/// x[i] = scale * (q - 16); 5.5 bits a number. Low four bits of q as Q4_0; bit 4 of q[i] is bit i %
/// 8 of high_bits[i / 8] (a little-endian 32-bit mask).
struct BlockQ5_0 {
  std::uint16_t scale;
  std::uint8_t high_bits[4];
  std::uint8_t quants[16];
};

/// x[i] = scale * q + minimum; 6 bits a number. Codes as Q5_0.
struct BlockQ5_1 {
  std::uint16_t scale;
  std::uint16_t minimum;
  std::uint8_t high_bits[4];
  std::uint8_t quants[16];
};

/// x[i] = scale * quants[i]; 8.5 bits a number, signed codes in order.
struct BlockQ8_0 {
  std::uint16_t scale;
  std::int8_t quants[32];
};

/// x[i] = scale * kIq4NlValues[q]; 4.5 bits a number. Nibbles as Q4_0.
struct BlockIQ4_NL {
  std::uint16_t scale;
  std::uint8_t quants[16];
};

/// The sixteen levels of IQ4_NL: denser around zero, where weights are.
inline constexpr std::array<std::int8_t, 16> kIq4NlValues = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

/// x[i] = (scale * (scales[g] & 15)) * q - (min_scale * (scales[g] >> 4)), group g = i / 16;
/// 2.625 bits a number. Half h = i / 128 of the block is in bytes 32h..32h+31 of quants: byte
/// 32h + i % 32 has q[i] at bit 2 * (i % 128 / 32).
struct BlockQ2_K {
  std::uint8_t scales[16];
  std::uint8_t quants[64];
  std::uint16_t scale;
  std::uint16_t min_scale;
};

/// x[i] = (scale * s[g]) * (q - 4), group g = i / 16; 3.4375 bits a number.
/// The low two bits of q lie as in Q2_K; bit 2 of q[i] is bit i / 32 of high_bits[i % 32].
/// s[g] is signed, -32..31, see unpack_q3_k_scale().
struct BlockQ3_K {
  std::uint8_t high_bits[32];
  std::uint8_t quants[64];
  std::uint8_t scales[12];
  std::uint16_t scale;
};

/// x[i] = (scale * s[g]) * q - (min_scale * m[g]), group g = i / 32; 4.5 bits a number.
/// Groups 2k and 2k+1 share bytes 32k..32k+31 of quants: byte 32k + i % 32 has the code of group 2k
/// in its low nibble, that of group 2k+1 in its high one. s[g], m[g]: see unpack_scale_min().
struct BlockQ4_K {
  std::uint16_t scale;
  std::uint16_t min_scale;
  std::uint8_t scales[12];
  std::uint8_t quants[128];
};

/// x[i] = (scale * s[g]) * q - (min_scale * m[g]), group g = i / 32; 5.5 bits a number.
/// Low four bits of q as Q4_K; bit 4 of q[i] is bit g of high_bits[i % 32].
struct BlockQ5_K {
  std::uint16_t scale;
  std::uint16_t min_scale;
  std::uint8_t scales[12];
  std::uint8_t high_bits[32];
  std::uint8_t quants[128];
};

/// x[i] = (scale * scales[i / 16]) * (q - 32); 6.5625 bits a number. Half h = i / 128 of the block:
/// byte 64h + i % 64 of low_bits has the low four bits of q[i], in its low nibble for the first 64
/// numbers of the half and in its high nibble for the others; byte 32h + i % 32 of high_bits has
/// the upper two bits at bit 2 * (i % 128 / 32).
struct BlockQ6_K {
  std::uint8_t low_bits[128];
  std::uint8_t high_bits[64];
  std::int8_t scales[16];
  std::uint16_t scale;
};

static_assert(sizeof(BlockQ4_0) == 18 && sizeof(BlockQ4_1) == 20 && sizeof(BlockQ5_0) == 22 &&
              sizeof(BlockQ5_1) == 24 && sizeof(BlockQ8_0) == 34 && sizeof(BlockIQ4_NL) == 18);
static_assert(sizeof(BlockQ2_K) == 84 && sizeof(BlockQ3_K) == 110 && sizeof(BlockQ4_K) == 144 &&
              sizeof(BlockQ5_K) == 176 && sizeof(BlockQ6_K) == 210);

/// A block from memory of any alignment.
template <typename Block>
Block load_block(const std::byte* source) {
  Block block;
  std::memcpy(&block, source, sizeof block);
  return block;
}

/// The 6-bit scale and minimum of one group of Q4_K or Q5_K.
struct ScaleMin {
  std::uint8_t scale;    // 0..63
  std::uint8_t minimum;  // 0..63
};

/// Eight scales s and eight minima m, six bits each, in twelve bytes:
///   byte 0..3    s[0..3] in the low six bits, upper two bits of s[4..7] above them
///   byte 4..7    m[0..3] in the low six bits, upper two bits of m[4..7] above them
///   byte 8..11   low four bits of s[4..7] in the low nibble, of m[4..7] in the high one
constexpr ScaleMin unpack_scale_min(const std::uint8_t (&packed)[12], int group) {
  const auto byte = [&](int i) { return static_cast<unsigned>(packed[i]); };
  if (group < 4)
    return {static_cast<std::uint8_t>(byte(group) & 63u),
            static_cast<std::uint8_t>(byte(group + 4) & 63u)};
  return {static_cast<std::uint8_t>((byte(group + 4) & 15u) | (byte(group - 4) >> 6) << 4),
          static_cast<std::uint8_t>((byte(group + 4) >> 4) | (byte(group) >> 6) << 4)};
}

/// The inverse of unpack_scale_min(); `packed` starts as zeros.
constexpr void pack_scale_min(ScaleMin values, int group, std::uint8_t (&packed)[12]) {
  const auto put = [&](int i, int bits) {
    packed[i] = static_cast<std::uint8_t>(packed[i] | bits);
  };
  if (group < 4) {
    put(group, values.scale);
    put(group + 4, values.minimum);
  } else {
    put(group + 4, (values.scale & 15) | (values.minimum & 15) << 4);
    put(group - 4, values.scale >> 4 << 6);
    put(group, values.minimum >> 4 << 6);
  }
}

/// Sixteen signed scales of Q3_K, stored plus 32 in six bits each: the low four bits of scales 0..7
/// are the low nibbles of bytes 0..7, those of scales 8..15 their high nibbles; the upper two bits
/// of scale g are in byte 8 + g % 4 at bit 2 * (g / 4).
constexpr int unpack_q3_k_scale(const std::uint8_t (&packed)[12], int group) {
  const int low = packed[group % 8] >> (group < 8 ? 0 : 4) & 15;
  const int high = packed[8 + group % 4] >> (2 * (group / 4)) & 3;
  return (low | high << 4) - 32;
}

/// The inverse of unpack_q3_k_scale(), -32 <= scale < 32; `packed` starts as zeros.
constexpr void pack_q3_k_scale(int scale, int group, std::uint8_t (&packed)[12]) {
  const int bits = scale + 32;
  const auto put = [&](int i, int value) {
    packed[i] = static_cast<std::uint8_t>(packed[i] | value);
  };
  put(group % 8, (bits & 15) << (group < 8 ? 0 : 4));
  put(8 + group % 4, bits >> 4 << (2 * (group / 4)));
}

}  // namespace tenon::precision
