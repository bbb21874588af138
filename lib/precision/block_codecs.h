#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "precision/dtype.h"

namespace tenon::precision {

// The parts behind block_formats.h. Counts are checked there: `destination` or `source` holds whole
// blocks.

/// Block formats only.
void dequantize_blocks(DType dtype, const std::byte* source, std::span<float> destination);

}  // namespace tenon::precision
