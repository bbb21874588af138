#include "kernels/highway/packed_tiles.h"

#include <algorithm>
#include <cstring>

#include "precision/block_layouts.h"
#include "precision/number_formats.h"

namespace tenon::kernels::highway {

using namespace precision;

namespace {

// 32 codes of one column, and the step and minimum of each half.
struct ColumnPiece {
  std::int8_t codes[kTileInputs];
  float step[2];
  float minimum[2];
  void set(float scale, float offset = 0.0f) {
    step[0] = step[1] = scale;
    minimum[0] = minimum[1] = offset;
  }
};

std::int8_t to_code(int value) {
  return static_cast<std::int8_t>(value);
}

template <typename Block>
void read_nibbles(const Block& block, ColumnPiece& piece) {
  for (int j = 0; j < 16; ++j) {
    piece.codes[j] = to_code(block.quants[j] & 15);
    piece.codes[j + 16] = to_code(block.quants[j] >> 4);
  }
}

template <typename Block>
void add_fifth_bits(const Block& block, ColumnPiece& piece) {
  for (int i = 0; i < kTileInputs; ++i)
    piece.codes[i] = to_code(piece.codes[i] + ((block.high_bits[i / 8] >> (i % 8) & 1) << 4));
}

// Piece `index` (32 inputs) of a block; the formulas are those of block_layouts.h.
void read_piece(const BlockQ4_0& block, int, ColumnPiece& piece) {
  piece.set(float16_to_float32(block.scale));
  read_nibbles(block, piece);
}

void read_piece(const BlockQ4_1& block, int, ColumnPiece& piece) {
  piece.set(float16_to_float32(block.scale), float16_to_float32(block.minimum));
  read_nibbles(block, piece);
}

void read_piece(const BlockQ5_0& block, int, ColumnPiece& piece) {
  piece.set(float16_to_float32(block.scale));
  read_nibbles(block, piece);
  add_fifth_bits(block, piece);
}

void read_piece(const BlockQ5_1& block, int, ColumnPiece& piece) {
  piece.set(float16_to_float32(block.scale), float16_to_float32(block.minimum));
  read_nibbles(block, piece);
  add_fifth_bits(block, piece);
}

void read_piece(const BlockQ8_0& block, int, ColumnPiece& piece) {
  piece.set(float16_to_float32(block.scale));
  std::memcpy(piece.codes, block.quants, kTileInputs);
}

void read_piece(const BlockIQ4_NL& block, int, ColumnPiece& piece) {
  piece.set(float16_to_float32(block.scale));
  for (std::size_t j = 0; j < 16; ++j) {
    piece.codes[j] = kIq4NlValues[block.quants[j] & 15];
    piece.codes[j + 16] = kIq4NlValues[block.quants[j] >> 4];
  }
}

void read_piece(const BlockQ2_K& block, int index, ColumnPiece& piece) {
  const float scale = float16_to_float32(block.scale);
  const float min_scale = float16_to_float32(block.min_scale);
  for (int half = 0; half < 2; ++half) {
    const int packed = block.scales[2 * index + half];
    piece.step[half] = scale * static_cast<float>(packed & 15);
    piece.minimum[half] = -(min_scale * static_cast<float>(packed >> 4));
  }
  for (int i = 0; i < kTileInputs; ++i)
    piece.codes[i] = to_code(block.quants[32 * (index / 4) + i] >> (2 * (index % 4)) & 3);
}

void read_piece(const BlockQ3_K& block, int index, ColumnPiece& piece) {
  piece.set(0.0f);
  const float scale = float16_to_float32(block.scale);
  for (int half = 0; half < 2; ++half)
    piece.step[half] =
        scale * static_cast<float>(unpack_q3_k_scale(block.scales, 2 * index + half));
  for (int i = 0; i < kTileInputs; ++i) {
    const int low = block.quants[32 * (index / 4) + i] >> (2 * (index % 4)) & 3;
    piece.codes[i] = to_code((low | (block.high_bits[i] >> index & 1) << 2) - 4);
  }
}

template <typename Block>
void set_scale_min(const Block& block, int index, ColumnPiece& piece) {
  const ScaleMin packed = unpack_scale_min(block.scales, index);
  piece.set(float16_to_float32(block.scale) * static_cast<float>(packed.scale),
            -(float16_to_float32(block.min_scale) * static_cast<float>(packed.minimum)));
}

void read_piece(const BlockQ4_K& block, int index, ColumnPiece& piece) {
  set_scale_min(block, index, piece);
  for (int i = 0; i < kTileInputs; ++i)
    piece.codes[i] = to_code(block.quants[32 * (index / 2) + i] >> (4 * (index % 2)) & 15);
}

void read_piece(const BlockQ5_K& block, int index, ColumnPiece& piece) {
  set_scale_min(block, index, piece);
  for (int i = 0; i < kTileInputs; ++i)
    piece.codes[i] = to_code((block.quants[32 * (index / 2) + i] >> (4 * (index % 2)) & 15) |
                             (block.high_bits[i] >> index & 1) << 4);
}

void read_piece(const BlockQ6_K& block, int index, ColumnPiece& piece) {
  piece.set(0.0f);
  const float scale = float16_to_float32(block.scale);
  for (int half = 0; half < 2; ++half)
    piece.step[half] = scale * static_cast<float>(block.scales[2 * index + half]);
  for (int i = 0; i < kTileInputs; ++i) {
    const int low =
        block.low_bits[64 * (index / 4) + 32 * (index % 2) + i] >> (4 * (index % 4 / 2)) & 15;
    const int high = block.high_bits[32 * (index / 4) + i] >> (2 * (index % 4)) & 3;
    piece.codes[i] = to_code((low | high << 4) - 32);
  }
}

// -- Tiles ----------------------------------------------------------------------------------------

void store_piece(const TileLayout& layout, const ColumnPiece& piece, int column, std::uint8_t* to) {
  const auto put = [&](int row, float value) {
    std::memcpy(to + static_cast<std::size_t>(row * kTileColumns + column) * sizeof value, &value,
                sizeof value);
  };
  for (int half = 0; half < layout.halves; ++half) {
    put(half, piece.step[half]);
    if (layout.has_minimum) put(layout.halves + half, piece.minimum[half]);
  }
  std::uint8_t* codes = to + layout.scales_bytes() + column;
  if (layout.kind == TileLayout::Kind::Bytes) {
    for (int i = 0; i < kTileInputs; ++i)
      codes[i * kTileColumns] = static_cast<std::uint8_t>(piece.codes[i]);
  } else {
    for (int j = 0; j < 16; ++j)
      codes[j * kTileColumns] =
          static_cast<std::uint8_t>(piece.codes[j] | piece.codes[j + 16] << 4);
  }
}

template <typename Block>
void pack_column(const TileLayout& layout, const std::byte* row, std::int64_t inputs,
                 int block_elements, int column, std::uint8_t* tile) {
  const std::size_t piece_bytes = layout.tile_bytes(kTileInputs);
  for (std::int64_t first = 0; first < inputs; first += block_elements) {
    const auto block = load_block<Block>(row);
    row += sizeof(Block);
    for (int index = 0; index < block_elements / kTileInputs; ++index) {
      ColumnPiece piece;
      read_piece(block, index, piece);
      store_piece(layout, piece, column, tile);
      tile += piece_bytes;
    }
  }
}

void pack_block_column(const TileLayout& layout, const TensorView& weight, std::int64_t row,
                       int column, std::uint8_t* tile) {
  const std::byte* source = weight.row(row);
  const std::int64_t inputs = weight.shape[1];
  const auto pack = [&]<typename Block>(const Block*) {
    pack_column<Block>(layout, source, inputs, dtype_info(weight.dtype).block_elements, column,
                       tile);
  };
  switch (weight.dtype) {
    case DType::Q4_0:
      return pack(static_cast<BlockQ4_0*>(nullptr));
    case DType::Q4_1:
      return pack(static_cast<BlockQ4_1*>(nullptr));
    case DType::Q5_0:
      return pack(static_cast<BlockQ5_0*>(nullptr));
    case DType::Q5_1:
      return pack(static_cast<BlockQ5_1*>(nullptr));
    case DType::Q8_0:
      return pack(static_cast<BlockQ8_0*>(nullptr));
    case DType::IQ4_NL:
      return pack(static_cast<BlockIQ4_NL*>(nullptr));
    case DType::Q2_K:
      return pack(static_cast<BlockQ2_K*>(nullptr));
    case DType::Q3_K:
      return pack(static_cast<BlockQ3_K*>(nullptr));
    case DType::Q4_K:
      return pack(static_cast<BlockQ4_K*>(nullptr));
    case DType::Q5_K:
      return pack(static_cast<BlockQ5_K*>(nullptr));
    case DType::Q6_K:
      return pack(static_cast<BlockQ6_K*>(nullptr));
    default:
      break;
  }
}

void pack_plain_column(const TensorView& weight, std::int64_t row, int column, std::uint8_t* tile) {
  const std::size_t bytes = row_bytes(weight.dtype, 1);
  const std::byte* source = weight.row(row);
  std::uint8_t* to = tile + static_cast<std::size_t>(column) * bytes;
  for (std::int64_t k = 0; k < weight.shape[1]; ++k, source += bytes, to += kTileColumns * bytes)
    std::memcpy(to, source, bytes);
}

}  // namespace

std::size_t TileLayout::tile_bytes(std::int64_t inputs) const {
  const auto count = static_cast<std::size_t>(inputs);
  if (kind == Kind::F32) return count * kTileColumns * 4;
  if (is_plain()) return count * kTileColumns * 2;
  const std::size_t codes = kind == Kind::Nibbles ? 256 : 512;
  return count / kTileInputs * (scales_bytes() + codes);
}

TileLayout tile_layout(DType dtype) {
  using enum TileLayout::Kind;
  switch (dtype) {
    case DType::F16:
      return {.kind = F16};
    case DType::BF16:
      return {.kind = BF16};
    case DType::Q4_0:
      return {.kind = Nibbles, .code_offset = 8};
    case DType::Q4_1:
    case DType::Q4_K:
      return {.kind = Nibbles, .has_minimum = true};
    case DType::Q2_K:
      return {.kind = Nibbles, .has_minimum = true, .halves = 2};
    case DType::Q5_0:
      return {.kind = Bytes, .code_offset = 16};
    case DType::Q5_1:
    case DType::Q5_K:
      return {.kind = Bytes, .has_minimum = true};
    case DType::Q3_K:
      return {.kind = Bytes, .halves = 2};
    case DType::Q6_K:
      return {.kind = Bytes, .halves = 2};
    case DType::Q8_0:
    case DType::IQ4_NL:
      return {.kind = Bytes};
    default:
      return {.kind = F32};
  }
}

void pack_tiles(const TensorView& weight, std::uint8_t* packed) {
  const TileLayout layout = tile_layout(weight.dtype);
  const std::int64_t rows = weight.shape[0];
  const std::int64_t tiles = (rows + kTileColumns - 1) / kTileColumns;
  const std::size_t tile_bytes = layout.tile_bytes(weight.shape[1]);
  if (rows % kTileColumns != 0)
    std::memset(packed + static_cast<std::size_t>(tiles - 1) * tile_bytes, 0, tile_bytes);
  for (std::int64_t row = 0; row < rows; ++row) {
    std::uint8_t* tile = packed + static_cast<std::size_t>(row / kTileColumns) * tile_bytes;
    const int column = static_cast<int>(row % kTileColumns);
    if (layout.is_plain())
      pack_plain_column(weight, row, column, tile);
    else
      pack_block_column(layout, weight, row, column, tile);
  }
}

}  // namespace tenon::kernels::highway
