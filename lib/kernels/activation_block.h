#pragma once

#include <cstddef>
#include <cstdint>

/// Activations quantised for integer dot products (ActivationForm::Int8x32). Plain data: this
/// header is also read by files compiled for one processor, so it must not bring inline library
/// code along.
namespace tenon::kernels {

inline constexpr int kActivationBlock = 32;

/// 32 activations: value = middle + scale * int8, where middle is halfway between the smallest and the largest
/// and scale is half their distance / 127, ties to even. What a model's layers hand on has few large values,
/// mostly of one sign in a block: about zero, the step would be up to twice as wide. On SmolLM2 this halves the
/// divergence from exact activations. One cache line, so that the kernel finds the values and all it needs beside
/// them by one address.
///
/// A block whose values lie closer than kSmallestActivation counts as all middle; one with a NaN or
/// an infinity has a NaN scale, so that every output of that row is NaN and none is silently wrong.
/// |int8| <= 127 always: among values a few units in the last place apart the middle is rounded, and the
/// ends would be up to two reaches away from it. A middle of zero is +0.
struct alignas(64) ActivationBlock {
  std::int8_t values[kActivationBlock];
  float scale;
  float middle;
  float sum;  // of the 32 activations, or infinite: what a weight block's minimum is multiplied by
  // Start values of integer accumulators: -offset * sum of int8 values, for weights stored as
  // (weight + offset) >= 0.
  std::int32_t offset8;
  std::int32_t offset16;
  std::int32_t offset128;
  std::int32_t offset32_half[2];  // of values 0..15 and 16..31, for formats with scales per 16
};
static_assert(sizeof(ActivationBlock) == 64);

inline constexpr float kSmallestActivation = 0x1p-100f;

/// Blocks of one prepared row: an even number, the last one zeros where in_features needs fewer.
constexpr std::size_t activation_blocks(std::int64_t in_features) {
  return (static_cast<std::size_t>(in_features) + 63) / 64 * 2;
}

/// Rounded up to an odd number of cache lines: rows a power of two apart would all fall into one
/// set of the first-level cache.
constexpr std::size_t skewed_row_bytes(std::size_t bytes) {
  const std::size_t lines = (bytes + 63) / 64;
  return (lines | 1u) * 64;
}

}  // namespace tenon::kernels
