#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "precision/block_layouts.h"
#include "precision/dtype.h"

namespace tenon::precision {

// The parts behind block_formats.h. What is checked there is taken for granted here: the floats are
// whole blocks, and those to be quantised are finite.

/// Block formats only.
void dequantize_blocks(DType dtype, const std::byte* source, std::span<float> destination);

/// Throws Error(Input) where a scale exceeds float16.
void quantize_blocks(DType dtype, std::span<const float> source, std::byte* destination);

/// One block, of 256 numbers (quantize_k_blocks.cpp) or 32 (quantize_iq4_nl.cpp).
void encode_block(const float* x, BlockQ2_K& block);
void encode_block(const float* x, BlockQ3_K& block);
void encode_block(const float* x, BlockQ4_K& block);
void encode_block(const float* x, BlockQ5_K& block);
void encode_block(const float* x, BlockQ6_K& block);
void encode_block(const float* x, BlockIQ4_NL& block);

/// A scale or minimum as float16; throws Error(Input) where it would become infinite.
std::uint16_t encode_scale(float scale);

}  // namespace tenon::precision
