#pragma once

#include <cstddef>
#include <span>

#include "precision/dtype.h"

namespace tenon::precision {

/// Numbers in any storage type to float32: `elements` numbers of `dtype` at `source` (row_bytes of
/// them) into `destination`. F32, F16, BF16, F8 and all block formats; integers by value.
/// `elements` must be a multiple of the block. `source` need not be aligned.
void dequantize(DType dtype, const std::byte* source, std::span<float> destination);

/// Float32 to storage: F32, F16, BF16 (nearest even), Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 (the bytes of the
/// reference implementation, ggml-quants.c), IQ4_NL Q2_K Q3_K Q4_K Q5_K Q6_K (by a search of its
/// own, with a smaller error). The same bytes on every processor. Throws Error(Unsupported) for other types,
/// Error(Shape) where the count is no multiple of the block, Error(Input) for NaN, infinity, and
/// numbers or scales beyond the 16-bit format that must hold them.
void quantize(DType dtype, std::span<const float> source, std::byte* destination);
bool can_quantize(DType dtype);

}  // namespace tenon::precision
