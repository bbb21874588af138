#include <algorithm>
#include <cmath>

#include "precision/block_codecs.h"
#include "precision/block_search.h"
#include "precision/number_formats.h"

namespace tenon::precision {

namespace {

/// A block of an affine format, not yet packed.
template <typename Format>
struct AffineBlock {
  static constexpr int kSize = static_cast<int>(Format::kGroup);
  static constexpr int kGroups = kKBlockElements / kSize;
  std::uint16_t scale, min_scale;
  ScaleMin groups[kGroups];
  std::uint8_t codes[kKBlockElements];
};

template <typename Format>
AffineBlock<Format> quantize_affine(const float* x) {
  using Result = AffineBlock<Format>;
  constexpr int kSize = Result::kSize;
  constexpr auto kLimit = static_cast<float>(Format::kScaleLimit);
  refuse_too_large(x);
  float weights[kKBlockElements];
  Affine wanted[Result::kGroups];
  Affine largest;
  for (int group = 0; group < Result::kGroups; ++group) {
    const int at = group * kSize;
    set_weights(x + at, Format::kGroup, weights + at);
    wanted[group] = search_affine<Format>(x + at, weights + at);
    largest.scale = std::max(largest.scale, wanted[group].scale);
    largest.minimum = std::max(largest.minimum, wanted[group].minimum);
  }
  Result result;
  result.scale = encode_scale(largest.scale / kLimit);
  result.min_scale = encode_scale(largest.minimum / kLimit);
  const float scale = float16_to_float32(result.scale);
  const float min_scale = float16_to_float32(result.min_scale);
  for (int group = 0; group < Result::kGroups; ++group) {
    const int at = group * kSize;
    const ScaleMin settled =
        settle_affine<Format>(x + at, weights + at, wanted[group], scale, min_scale);
    result.groups[group] = settled;
    const float minimum = min_scale * static_cast<float>(settled.minimum);
    const float inverse = inverse_or_zero(scale * static_cast<float>(settled.scale));
    for (int j = at; j < at + kSize; ++j)
      result.codes[j] = static_cast<std::uint8_t>(affine_code<Format>(x[j], minimum, inverse));
  }
  return result;
}

/// A block of a symmetric format, not yet packed; codes are shifted to begin at 0.
struct SymmetricBlock {
  static constexpr int kSize = static_cast<int>(kSymmetricGroup);
  static constexpr int kGroups = kKBlockElements / kSize;
  std::uint16_t scale;
  int scales[kGroups];
  int codes[kKBlockElements];
};

template <typename Format>
SymmetricBlock quantize_symmetric(const float* x) {
  constexpr int kSize = SymmetricBlock::kSize;
  refuse_too_large(x);
  float weights[kKBlockElements];
  float wanted[SymmetricBlock::kGroups];
  float extreme = 0.0f;
  for (int group = 0; group < SymmetricBlock::kGroups; ++group) {
    const int at = group * kSize;
    set_weights(x + at, kSymmetricGroup, weights + at);
    wanted[group] = search_symmetric<Format>(x + at, weights + at);
    if (std::fabs(wanted[group]) > std::fabs(extreme)) extreme = wanted[group];
  }
  SymmetricBlock result;
  result.scale = encode_scale(extreme / static_cast<float>(Format::kScaleLowest));
  const float scale = float16_to_float32(result.scale);
  for (int group = 0; group < SymmetricBlock::kGroups; ++group) {
    const int at = group * kSize;
    const int settled = settle_symmetric<Format>(x + at, weights + at, wanted[group], scale);
    result.scales[group] = settled;
    const float inverse = inverse_or_zero(scale * static_cast<float>(settled));
    for (int j = at; j < at + kSize; ++j)
      result.codes[j] = static_cast<int>(symmetric_code<Format>(x[j], inverse) - Format::kLowest);
  }
  return result;
}

/// Sets bits of a byte that is zero there.
void put(std::uint8_t& byte, int bits, int shift) {
  byte = static_cast<std::uint8_t>(byte | bits << shift);
}

template <typename Block, typename Format>
void pack_scales(const AffineBlock<Format>& quantized, Block& block) {
  block = {};
  block.scale = quantized.scale;
  block.min_scale = quantized.min_scale;
  for (int group = 0; group < quantized.kGroups; ++group)
    pack_scale_min(quantized.groups[group], group, block.scales);
}

}  // namespace

void encode_block(const float* x, BlockQ4_K& block) {
  const auto quantized = quantize_affine<FormatQ4_K>(x);
  pack_scales(quantized, block);
  for (int i = 0; i < kKBlockElements; ++i)
    put(block.quants[32 * (i / 64) + i % 32], quantized.codes[i], 4 * (i / 32 % 2));
}

void encode_block(const float* x, BlockQ5_K& block) {
  const auto quantized = quantize_affine<FormatQ5_K>(x);
  pack_scales(quantized, block);
  for (int i = 0; i < kKBlockElements; ++i) {
    put(block.quants[32 * (i / 64) + i % 32], quantized.codes[i] & 15, 4 * (i / 32 % 2));
    put(block.high_bits[i % 32], quantized.codes[i] >> 4, i / 32);
  }
}

void encode_block(const float* x, BlockQ2_K& block) {
  const auto quantized = quantize_affine<FormatQ2_K>(x);
  block = {};
  block.scale = quantized.scale;
  block.min_scale = quantized.min_scale;
  for (int group = 0; group < quantized.kGroups; ++group)
    block.scales[group] = static_cast<std::uint8_t>(quantized.groups[group].scale |
                                                    quantized.groups[group].minimum << 4);
  for (int i = 0; i < kKBlockElements; ++i)
    put(block.quants[32 * (i / 128) + i % 32], quantized.codes[i], 2 * (i % 128 / 32));
}

void encode_block(const float* x, BlockQ3_K& block) {
  const SymmetricBlock quantized = quantize_symmetric<FormatQ3_K>(x);
  block = {};
  block.scale = quantized.scale;
  for (int group = 0; group < SymmetricBlock::kGroups; ++group)
    pack_q3_k_scale(quantized.scales[group], group, block.scales);
  for (int i = 0; i < kKBlockElements; ++i) {
    put(block.quants[32 * (i / 128) + i % 32], quantized.codes[i] & 3, 2 * (i % 128 / 32));
    put(block.high_bits[i % 32], quantized.codes[i] >> 2, i / 32);
  }
}

void encode_block(const float* x, BlockQ6_K& block) {
  const SymmetricBlock quantized = quantize_symmetric<FormatQ6_K>(x);
  block = {};
  block.scale = quantized.scale;
  for (int group = 0; group < SymmetricBlock::kGroups; ++group)
    block.scales[group] = static_cast<std::int8_t>(quantized.scales[group]);
  for (int i = 0; i < kKBlockElements; ++i) {
    put(block.low_bits[64 * (i / 128) + i % 64], quantized.codes[i] & 15, 4 * (i % 128 / 64));
    put(block.high_bits[32 * (i / 128) + i % 32], quantized.codes[i] >> 4, 2 * (i % 128 / 32));
  }
}

}  // namespace tenon::precision
