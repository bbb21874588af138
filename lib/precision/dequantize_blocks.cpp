#include "precision/block_codecs.h"
#include "precision/block_layouts.h"
#include "precision/number_formats.h"

namespace tenon::precision {

namespace {

// Each decode() writes one block. Codes are first widened to small integer arrays: the loops then
// have fixed counts and no dependences, and the compiler turns each into vector code. The products
// are in the order of block_layouts.h.

void decode(const BlockQ4_0& block, float* x) {
  const float scale = float16_to_float32(block.scale);
  for (int j = 0; j < 16; ++j) {
    x[j] = scale * static_cast<float>((block.quants[j] & 15) - 8);
    x[j + 16] = scale * static_cast<float>((block.quants[j] >> 4) - 8);
  }
}

void decode(const BlockQ4_1& block, float* x) {
  const float scale = float16_to_float32(block.scale);
  const float minimum = float16_to_float32(block.minimum);
  for (int j = 0; j < 16; ++j) {
    x[j] = scale * static_cast<float>(block.quants[j] & 15) + minimum;
    x[j + 16] = scale * static_cast<float>(block.quants[j] >> 4) + minimum;
  }
}

// The five-bit codes of Q5_0 and Q5_1.
void unpack_five_bits(const std::uint8_t (&high_bits)[4], const std::uint8_t (&quants)[16],
                      std::uint8_t* codes) {
  constexpr std::uint8_t kMasks[8] = {1, 2, 4, 8, 16, 32, 64, 128};
  std::uint8_t spread[32];
  for (int k = 0; k < 4; ++k)
    for (int j = 0; j < 8; ++j) spread[8 * k + j] = high_bits[k];
  for (int j = 0; j < 16; ++j) {
    codes[j] = static_cast<std::uint8_t>(quants[j] & 15);
    codes[j + 16] = static_cast<std::uint8_t>(quants[j] >> 4);
  }
  for (int i = 0; i < 32; ++i)
    codes[i] = static_cast<std::uint8_t>(codes[i] | ((spread[i] & kMasks[i % 8]) != 0 ? 16 : 0));
}

void decode(const BlockQ5_0& block, float* x) {
  const float scale = float16_to_float32(block.scale);
  std::uint8_t codes[32];
  unpack_five_bits(block.high_bits, block.quants, codes);
  for (int i = 0; i < 32; ++i) x[i] = scale * static_cast<float>(codes[i] - 16);
}

void decode(const BlockQ5_1& block, float* x) {
  const float scale = float16_to_float32(block.scale);
  const float minimum = float16_to_float32(block.minimum);
  std::uint8_t codes[32];
  unpack_five_bits(block.high_bits, block.quants, codes);
  for (int i = 0; i < 32; ++i) x[i] = scale * static_cast<float>(codes[i]) + minimum;
}

void decode(const BlockQ8_0& block, float* x) {
  const float scale = float16_to_float32(block.scale);
  for (int i = 0; i < 32; ++i) x[i] = scale * static_cast<float>(block.quants[i]);
}

void decode(const BlockIQ4_NL& block, float* x) {
  const float scale = float16_to_float32(block.scale);
  for (int j = 0; j < 16; ++j) {
    x[j] = scale * static_cast<float>(kIq4NlValues[block.quants[j] & 15]);
    x[j + 16] = scale * static_cast<float>(kIq4NlValues[block.quants[j] >> 4]);
  }
}

void decode(const BlockQ2_K& block, float* x) {
  const float scale = float16_to_float32(block.scale);
  const float min_scale = float16_to_float32(block.min_scale);
  for (int group = 0; group < 16; ++group) {
    const float step = scale * static_cast<float>(block.scales[group] & 15);
    const float minimum = min_scale * static_cast<float>(block.scales[group] >> 4);
    const std::uint8_t* quants = block.quants + 32 * (group / 8) + 16 * (group % 2);
    const int shift = 2 * (group % 8 / 2);
    for (int j = 0; j < 16; ++j)
      x[16 * group + j] = step * static_cast<float>(quants[j] >> shift & 3) - minimum;
  }
}

void decode(const BlockQ3_K& block, float* x) {
  const float scale = float16_to_float32(block.scale);
  for (int group = 0; group < 16; ++group) {
    const float step = scale * static_cast<float>(unpack_q3_k_scale(block.scales, group));
    const std::uint8_t* quants = block.quants + 32 * (group / 8) + 16 * (group % 2);
    const std::uint8_t* high_bits = block.high_bits + 16 * (group % 2);
    const int shift = 2 * (group % 8 / 2);
    const int high_shift = group / 2;
    for (int j = 0; j < 16; ++j) {
      const int code = (quants[j] >> shift & 3) | (high_bits[j] >> high_shift & 1) << 2;
      x[16 * group + j] = step * static_cast<float>(code - 4);
    }
  }
}

void decode(const BlockQ4_K& block, float* x) {
  const float scale = float16_to_float32(block.scale);
  const float min_scale = float16_to_float32(block.min_scale);
  for (int group = 0; group < 8; ++group) {
    const ScaleMin packed = unpack_scale_min(block.scales, group);
    const float step = scale * static_cast<float>(packed.scale);
    const float minimum = min_scale * static_cast<float>(packed.minimum);
    const std::uint8_t* quants = block.quants + 32 * (group / 2);
    const int shift = 4 * (group % 2);
    for (int j = 0; j < 32; ++j)
      x[32 * group + j] = step * static_cast<float>(quants[j] >> shift & 15) - minimum;
  }
}

void decode(const BlockQ5_K& block, float* x) {
  const float scale = float16_to_float32(block.scale);
  const float min_scale = float16_to_float32(block.min_scale);
  for (int group = 0; group < 8; ++group) {
    const ScaleMin packed = unpack_scale_min(block.scales, group);
    const float step = scale * static_cast<float>(packed.scale);
    const float minimum = min_scale * static_cast<float>(packed.minimum);
    const std::uint8_t* quants = block.quants + 32 * (group / 2);
    const int shift = 4 * (group % 2);
    for (int j = 0; j < 32; ++j) {
      const int code = (quants[j] >> shift & 15) | (block.high_bits[j] >> group & 1) << 4;
      x[32 * group + j] = step * static_cast<float>(code) - minimum;
    }
  }
}

void decode(const BlockQ6_K& block, float* x) {
  const float scale = float16_to_float32(block.scale);
  for (int group = 0; group < 16; ++group) {
    const float step = scale * static_cast<float>(block.scales[group]);
    const std::uint8_t* low_bits = block.low_bits + 64 * (group / 8) + 16 * (group % 4);
    const std::uint8_t* high_bits = block.high_bits + 32 * (group / 8) + 16 * (group % 2);
    const int low_shift = 4 * (group % 8 / 4);
    const int high_shift = 2 * (group % 8 / 2);
    for (int j = 0; j < 16; ++j) {
      const int code = (low_bits[j] >> low_shift & 15) | (high_bits[j] >> high_shift & 3) << 4;
      x[16 * group + j] = step * static_cast<float>(code - 32);
    }
  }
}

template <typename Block, int kElements>
void decode_row(const std::byte* source, std::span<float> destination) {
  const std::size_t blocks = destination.size() / kElements;
  for (std::size_t i = 0; i < blocks; ++i)
    decode(load_block<Block>(source + i * sizeof(Block)), destination.data() + i * kElements);
}

}  // namespace

void dequantize_blocks(DType dtype, const std::byte* source, std::span<float> destination) {
  switch (dtype) {
    case DType::Q4_0:
      return decode_row<BlockQ4_0, kBlockElements>(source, destination);
    case DType::Q4_1:
      return decode_row<BlockQ4_1, kBlockElements>(source, destination);
    case DType::Q5_0:
      return decode_row<BlockQ5_0, kBlockElements>(source, destination);
    case DType::Q5_1:
      return decode_row<BlockQ5_1, kBlockElements>(source, destination);
    case DType::Q8_0:
      return decode_row<BlockQ8_0, kBlockElements>(source, destination);
    case DType::IQ4_NL:
      return decode_row<BlockIQ4_NL, kBlockElements>(source, destination);
    case DType::Q2_K:
      return decode_row<BlockQ2_K, kKBlockElements>(source, destination);
    case DType::Q3_K:
      return decode_row<BlockQ3_K, kKBlockElements>(source, destination);
    case DType::Q4_K:
      return decode_row<BlockQ4_K, kKBlockElements>(source, destination);
    case DType::Q5_K:
      return decode_row<BlockQ5_K, kKBlockElements>(source, destination);
    case DType::Q6_K:
      return decode_row<BlockQ6_K, kKBlockElements>(source, destination);
    default:
      break;
  }
}

}  // namespace tenon::precision
