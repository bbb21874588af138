#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "precision/block_codecs.h"
#include "precision/number_formats.h"

namespace tenon::precision {

namespace {

// The simple formats have no choice to search: the scale puts the extreme number of the block on
// the end of the code range, each number takes the nearest code. The operations and their order are
// those of ggml-quants.c and gguf-py, so that the bytes are the same: codes come from the float32
// scale, not from the float16 that is stored, and halves round up (away from zero in Q8_0).

/// 1 / step, or 0 where the step is too small for an inverse; float16 stores such a step as 0
/// anyway.
float inverse_or_zero(float step) {
  const float inverse = 1.0f / step;
  return step == 0.0f || !std::isfinite(inverse) ? 0.0f : inverse;
}

/// The number farthest from zero, with its sign; the first of equals.
float extreme_of(const float* x) {
  float extreme = 0.0f, magnitude = 0.0f;
  for (int i = 0; i < kBlockElements; ++i) {
    if (std::fabs(x[i]) > magnitude) {
      magnitude = std::fabs(x[i]);
      extreme = x[i];
    }
  }
  return extreme;
}

/// codes[i] = the integer part of x[i] * inverse + offset, at most `largest`. The extreme number
/// defines the scale, so the sum is never negative.
void symmetric_codes(const float* x, float inverse, float offset, int largest, int* codes) {
  for (int i = 0; i < kBlockElements; ++i)
    codes[i] = std::min(static_cast<int>(x[i] * inverse + offset), largest);
}

struct Extent {
  float minimum, maximum;
};

Extent extent_of(const float* x) {
  Extent extent{x[0], x[0]};
  for (int i = 1; i < kBlockElements; ++i) {
    extent.minimum = std::min(extent.minimum, x[i]);
    extent.maximum = std::max(extent.maximum, x[i]);
  }
  return extent;
}

void affine_codes(const float* x, float minimum, float inverse, int largest, int* codes) {
  for (int i = 0; i < kBlockElements; ++i)
    codes[i] = std::min(static_cast<int>((x[i] - minimum) * inverse + 0.5f), largest);
}

void pack_nibbles(const int* codes, std::uint8_t (&quants)[16]) {
  for (int j = 0; j < 16; ++j)
    quants[j] = static_cast<std::uint8_t>((codes[j] & 15) | (codes[j + 16] & 15) << 4);
}

void pack_high_bits(const int* codes, std::uint8_t (&high_bits)[4]) {
  std::uint32_t mask = 0;
  for (int i = 0; i < 32; ++i) mask |= static_cast<std::uint32_t>(codes[i] >> 4 & 1) << i;
  std::memcpy(high_bits, &mask, sizeof mask);
}

void encode_block(const float* x, BlockQ4_0& block) {
  const float step = extreme_of(x) / -8.0f;
  block.scale = encode_scale(step);
  int codes[kBlockElements];
  symmetric_codes(x, inverse_or_zero(step), 8.5f, 15, codes);
  pack_nibbles(codes, block.quants);
}

void encode_block(const float* x, BlockQ5_0& block) {
  const float step = extreme_of(x) / -16.0f;
  block.scale = encode_scale(step);
  int codes[kBlockElements];
  symmetric_codes(x, inverse_or_zero(step), 16.5f, 31, codes);
  pack_nibbles(codes, block.quants);
  pack_high_bits(codes, block.high_bits);
}

void encode_block(const float* x, BlockQ4_1& block) {
  const Extent extent = extent_of(x);
  const float step = (extent.maximum - extent.minimum) / 15.0f;
  block.scale = encode_scale(step);
  block.minimum = encode_scale(extent.minimum);
  int codes[kBlockElements];
  affine_codes(x, extent.minimum, inverse_or_zero(step), 15, codes);
  pack_nibbles(codes, block.quants);
}

void encode_block(const float* x, BlockQ5_1& block) {
  const Extent extent = extent_of(x);
  const float step = (extent.maximum - extent.minimum) / 31.0f;
  block.scale = encode_scale(step);
  block.minimum = encode_scale(extent.minimum);
  int codes[kBlockElements];
  affine_codes(x, extent.minimum, inverse_or_zero(step), 31, codes);
  pack_nibbles(codes, block.quants);
  pack_high_bits(codes, block.high_bits);
}

void encode_block(const float* x, BlockQ8_0& block) {
  const float step = std::fabs(extreme_of(x)) / 127.0f;
  const float inverse = inverse_or_zero(step);
  block.scale = encode_scale(step);
  for (int i = 0; i < kBlockElements; ++i) {
    const float scaled = std::fabs(x[i] * inverse);
    const int whole = static_cast<int>(scaled);
    const int code = whole + (scaled - static_cast<float>(whole) >= 0.5f ? 1 : 0);
    block.quants[i] = static_cast<std::int8_t>(x[i] < 0.0f ? -code : code);
  }
}

template <typename Block, int kElements>
void encode_row(std::span<const float> source, std::byte* destination) {
  const std::size_t blocks = source.size() / kElements;
  for (std::size_t i = 0; i < blocks; ++i) {
    Block block;
    encode_block(source.data() + i * kElements, block);
    std::memcpy(destination + i * sizeof block, &block, sizeof block);
  }
}

}  // namespace

std::uint16_t encode_scale(float scale) {
  const std::uint16_t bits = float32_to_float16(scale);
  if ((bits & 0x7C00u) == 0x7C00u)
    throw Error(ErrorKind::Input, "the numbers are too large: the scale of a block exceeds float16")
        .hint("BF16 and F32 hold numbers of any size");
  return bits;
}

void quantize_blocks(DType dtype, std::span<const float> source, std::byte* destination) {
  switch (dtype) {
    case DType::Q4_0:
      return encode_row<BlockQ4_0, kBlockElements>(source, destination);
    case DType::Q4_1:
      return encode_row<BlockQ4_1, kBlockElements>(source, destination);
    case DType::Q5_0:
      return encode_row<BlockQ5_0, kBlockElements>(source, destination);
    case DType::Q5_1:
      return encode_row<BlockQ5_1, kBlockElements>(source, destination);
    case DType::Q8_0:
      return encode_row<BlockQ8_0, kBlockElements>(source, destination);
    case DType::IQ4_NL:
      return encode_row<BlockIQ4_NL, kBlockElements>(source, destination);
    case DType::Q2_K:
      return encode_row<BlockQ2_K, kKBlockElements>(source, destination);
    case DType::Q3_K:
      return encode_row<BlockQ3_K, kKBlockElements>(source, destination);
    case DType::Q5_K:
      return encode_row<BlockQ5_K, kKBlockElements>(source, destination);
    case DType::Q4_K:
      return encode_row<BlockQ4_K, kKBlockElements>(source, destination);
    case DType::Q6_K:
      return encode_row<BlockQ6_K, kKBlockElements>(source, destination);
    default:
      break;
  }
}

}  // namespace tenon::precision
