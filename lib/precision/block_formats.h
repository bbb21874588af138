#pragma once

#include <cstddef>
#include <span>

#include "precision/dtype.h"

namespace tenon::precision {

/// Numbers in any storage type to float32: `elements` numbers of `dtype` at `source` (row_bytes of
/// them) into `destination`. F32, F16, BF16, F8 and all block formats; integers by value.
/// `elements` must be a multiple of the block. `source` need not be aligned.
void dequantize(DType dtype, const std::byte* source, std::span<float> destination);

/// Float32 to storage: F32, F16, BF16 (nearest even), Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q4_K Q6_K, by the
/// rule of the reference implementation of each format. Throws Error(Unsupported) for other types,
/// Error(Shape) where the count is no multiple of the block, Error(Input) for NaN or infinity.
void quantize(DType dtype, std::span<const float> source, std::byte* destination);
bool can_quantize(DType dtype);

}  // namespace tenon::precision
