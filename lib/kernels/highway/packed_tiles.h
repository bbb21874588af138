#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/tensor.h"

namespace tenon::kernels::highway {

/// Counts up with every change of the bytes that pack_tiles() writes, so that files with packed
/// weights of before are refused.
inline constexpr unsigned kPackedTilesVersion = 1;

inline constexpr int kTileColumns = 16;
inline constexpr int kTileInputs = 32;

/// How one piece of a packed weight, 16 columns x 32 inputs (of plain numbers: x 1 input), is laid out:
///
///   float32 step[halves][16], float32 minimum[halves][16] where there are any;
///   codes: bytes [32][16], or nibbles [16][16] with input j low and input j + 16 high
///
/// A weight is step * (code - code_offset) + minimum with both products rounded, the numbers that
/// precision::dequantize gives. Simpler and up to a fifth larger than the file.
struct TileLayout {
  enum class Kind : std::uint8_t { Nibbles, Bytes, F32, F16, BF16 } kind;
  bool has_minimum = false;
  int halves = 1;       // 2: a step for each 16 inputs
  int code_offset = 0;  // taken from every code

  bool is_plain() const { return kind != Kind::Nibbles && kind != Kind::Bytes; }
  std::size_t scales_bytes() const {
    return static_cast<std::size_t>(halves * (has_minimum ? 2 : 1) * kTileColumns) * sizeof(float);
  }
  /// Of a tile of `inputs` inputs.
  std::size_t tile_bytes(std::int64_t inputs) const;
};

TileLayout tile_layout(DType dtype);

/// Packs all of `weight`, tile after tile, to `packed`; columns past the end are zeros.
void pack_tiles(const TensorView& weight, std::uint8_t* packed);

}  // namespace tenon::kernels::highway
