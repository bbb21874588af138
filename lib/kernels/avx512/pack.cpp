#include <immintrin.h>

#include "kernels/avx512/operations.h"
#include "kernels/avx512/row_gather.h"

// Packing gathers one 32-bit word of 16 rows at a time: four inputs of bytes, or eight nibbles. Each
// format first becomes unsigned codes (eight vectors of 16 columns x 4 inputs), then bit planes. Run at
// load, and by every pass where the weights may not be repacked.
namespace tenon::kernels::avx512 {

namespace {

__m512i bytes_and(__m512i words, int mask) {
  return _mm512_and_si512(words, _mm512_set1_epi8(static_cast<char>(mask)));
}

// Shifts cross byte borders; the mask takes away what came over.
__m512i bytes_right(__m512i words, int bits, int mask) {
  return bytes_and(_mm512_srl_epi32(words, _mm_cvtsi32_si128(bits)), mask);
}

__m512i bytes_left(__m512i words, int bits) {
  return _mm512_sll_epi32(words, _mm_cvtsi32_si128(bits));
}

// Bits 0..3 of each word to bit 0 of its four bytes: the multiplication puts bit i at 8i.
__m512i spread_bits(__m512i words) {
  const __m512i four = _mm512_and_si512(words, _mm512_set1_epi32(15));
  return bytes_and(_mm512_mullo_epi32(four, _mm512_set1_epi32(0x00204081)), 1);
}

using Codes = __m512i[8];

// -- The formats of the file, block j of a group ----------------------------------------------------

void nibble_codes(const RowGather& rows, std::size_t quants, Codes codes) {
  __m512i words[4];
  rows.four_words(quants, words);
  for (int g = 0; g < 4; ++g) {
    codes[g] = bytes_and(words[g], 15);
    codes[g + 4] = bytes_right(words[g], 4, 15);
  }
}

// Bit 4 of code i is bit i of a 32-bit mask.
void add_mask_bits(const RowGather& rows, std::size_t mask, Codes codes) {
  const __m512i words = rows.word(mask);
  for (int g = 0; g < 8; ++g) {
    const __m512i bits = spread_bits(_mm512_srl_epi32(words, _mm_cvtsi32_si128(4 * g)));
    codes[g] = _mm512_or_si512(codes[g], bytes_left(bits, 4));
  }
}

void eight_words(const RowGather& rows, std::size_t bytes, Codes words) {
  rows.four_words(bytes, words);
  rows.four_words(bytes + 16, words + 4);
}

void byte_codes(const RowGather& rows, std::size_t quants, Codes codes) {
  eight_words(rows, quants, codes);
  for (int g = 0; g < 8; ++g) codes[g] = _mm512_xor_si512(codes[g], _mm512_set1_epi8(-128));
}

// `width` bits at `shift` of bytes [bytes, bytes + 32), moved to bit `to` of the codes.
void add_field(const RowGather& rows, std::size_t bytes, int shift, int width, int to,
               Codes codes) {
  Codes words;
  eight_words(rows, bytes, words);
  for (int g = 0; g < 8; ++g) {
    const __m512i field = bytes_right(words[g], shift, (1 << width) - 1);
    codes[g] = _mm512_or_si512(codes[g], bytes_left(field, to));
  }
}

void file_codes(PackedFormat format, const RowGather& rows, std::size_t group, int j, Codes codes) {
  for (int g = 0; g < 8; ++g) codes[g] = _mm512_setzero_si512();
  const auto block = static_cast<std::size_t>(j);
  switch (format) {
    case PackedFormat::Q4_0:
    case PackedFormat::IQ4_NL:
      return nibble_codes(rows, group + 18 * block + 2, codes);
    case PackedFormat::Q4_1:
      return nibble_codes(rows, group + 4, codes);
    case PackedFormat::Q5_0:
      nibble_codes(rows, group + 22 * block + 6, codes);
      return add_mask_bits(rows, group + 22 * block + 2, codes);
    case PackedFormat::Q5_1:
      nibble_codes(rows, group + 8, codes);
      return add_mask_bits(rows, group + 4, codes);
    case PackedFormat::Q8_0:
      return byte_codes(rows, group + 34 * block + 2, codes);
    case PackedFormat::Q2_K:
      return add_field(rows, group + 16 + 32 * (block / 4), 2 * (j % 4), 2, 0, codes);
    case PackedFormat::Q3_K:
      add_field(rows, group + 32 + 32 * (block / 4), 2 * (j % 4), 2, 0, codes);
      return add_field(rows, group, j, 1, 2, codes);
    case PackedFormat::Q4_K:
      return add_field(rows, group + 16 + 32 * (block / 2), 4 * (j % 2), 4, 0, codes);
    case PackedFormat::Q5_K:
      add_field(rows, group + 48 + 32 * (block / 2), 4 * (j % 2), 4, 0, codes);
      return add_field(rows, group + 16, j, 1, 4, codes);
    case PackedFormat::Q6_K:
      add_field(rows, group + 64 * (block / 4) + 32 * (block % 2), 4 * (j % 4 / 2), 4, 0, codes);
      return add_field(rows, group + 128 + 32 * (block / 4), 2 * (j % 4), 2, 4, codes);
  }
}

// -- Headers --------------------------------------------------------------------------------------

void store_low_halves(std::uint8_t* to, __m512i words) {
  _mm256_store_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtepi32_epi16(words));
}

// Four rows of 16 bytes: byte i of every column's word to row i.
void store_byte_rows(std::uint8_t* to, __m512i words) {
  for (int i = 0; i < 4; ++i)
    _mm_store_si128(reinterpret_cast<__m128i*>(to + 16 * i),
                    _mm512_cvtepi32_epi8(_mm512_srl_epi32(words, _mm_cvtsi32_si128(8 * i))));
}

// One or two float16 in one word of the file, low half first.
void store_scale_pair(const RowGather& rows, std::size_t at, std::uint8_t* header) {
  const __m512i words = rows.word(at);
  store_low_halves(header, words);
  store_low_halves(header + 32, _mm512_srli_epi32(words, 16));
}

// A single float16 at the very end of a block: read with the two bytes before it.
void store_last_scale(const RowGather& rows, std::size_t at, std::uint8_t* header) {
  store_low_halves(header, _mm512_srli_epi32(rows.word(at - 2), 16));
  _mm256_store_si256(reinterpret_cast<__m256i*>(header + 32), _mm256_setzero_si256());
}

// The 16 bytes at the head of Q4_K and Q5_K: two float16, six-bit scales and minima, see
// precision::unpack_scale_min.
void store_scale_mins(const RowGather& rows, std::size_t block, std::uint8_t* header) {
  __m512i words[4];
  rows.four_words(block, words);
  store_low_halves(header, words[0]);
  store_low_halves(header + 32, _mm512_srli_epi32(words[0], 16));
  const __m512i low = words[1], middle = words[2], high = words[3];
  std::uint8_t* to = header + 64;
  store_byte_rows(to, bytes_and(low, 63));
  store_byte_rows(to + 64,
                  _mm512_or_si512(bytes_and(high, 15), bytes_left(bytes_right(low, 6, 3), 4)));
  store_byte_rows(to + 128, bytes_and(middle, 63));
  store_byte_rows(to + 192, _mm512_or_si512(bytes_right(high, 4, 15),
                                            bytes_left(bytes_right(middle, 6, 3), 4)));
}

// Signed six-bit scales of Q3_K, see precision::unpack_q3_k_scale.
void store_q3_k_scales(const RowGather& rows, std::size_t packed, std::uint8_t* to) {
  const __m512i high = rows.word(packed + 8);
  for (int i = 0; i < 4; ++i) {
    const __m512i low = rows.word(packed + 4 * static_cast<std::size_t>(i % 2));
    const __m512i scale = _mm512_or_si512(bytes_right(low, i < 2 ? 0 : 4, 15),
                                          bytes_left(bytes_right(high, 2 * i, 3), 4));
    store_byte_rows(to + 64 * i, _mm512_sub_epi8(scale, _mm512_set1_epi8(32)));
  }
}

void copy_byte_rows(const RowGather& rows, std::size_t bytes, std::uint8_t* to) {
  __m512i words[4];
  rows.four_words(bytes, words);
  for (int i = 0; i < 4; ++i) store_byte_rows(to + 64 * i, words[i]);
}

// Scales of up to two simple blocks, `stride` bytes apart in the file; an absent block has zeros.
void store_two_scales(const RowGather& rows, std::size_t at, std::size_t stride, int blocks,
                      std::uint8_t* header) {
  store_low_halves(header, rows.word(at));
  store_low_halves(header + 32, blocks > 1 ? rows.word(at + stride) : _mm512_setzero_si512());
}

void pack_header(PackedFormat format, const RowGather& rows, std::size_t group, int blocks,
                 std::uint8_t* header) {
  switch (format) {
    case PackedFormat::Q4_0:
    case PackedFormat::IQ4_NL:
      return store_two_scales(rows, group, 18, blocks, header);
    case PackedFormat::Q5_0:
      return store_two_scales(rows, group, 22, blocks, header);
    case PackedFormat::Q8_0:
      return store_two_scales(rows, group, 34, blocks, header);
    case PackedFormat::Q4_1:
    case PackedFormat::Q5_1:
      return store_scale_pair(rows, group, header);
    case PackedFormat::Q2_K:
      store_scale_pair(rows, group + 80, header);
      return copy_byte_rows(rows, group, header + 64);
    case PackedFormat::Q3_K:
      store_last_scale(rows, group + 108, header);
      return store_q3_k_scales(rows, group + 96, header + 64);
    case PackedFormat::Q4_K:
    case PackedFormat::Q5_K:
      return store_scale_mins(rows, group, header);
    case PackedFormat::Q6_K:
      store_last_scale(rows, group + 208, header);
      return copy_byte_rows(rows, group + 192, header + 64);
  }
}

// -- Planes ---------------------------------------------------------------------------------------

// Codes' bits [from, from + width) to a plane of that width; `per` codes share a byte, code i of the plane's
// vector v is codes[first(v, i)].
void store_plane(const Codes codes, int from, int width, std::uint8_t*& to) {
  const int per_byte = 8 / width;
  const int vectors = 8 / per_byte;
  for (int v = 0; v < vectors; ++v) {
    __m512i plane = _mm512_setzero_si512();
    for (int i = 0; i < per_byte; ++i) {
      // Nibbles pair g with g + 4, as the file does; narrower planes take neighbours.
      const int g = width == 4 ? v + 4 * i : per_byte * v + i;
      const __m512i field = bytes_right(codes[g], from, (1 << width) - 1);
      plane = _mm512_or_si512(plane, bytes_left(field, width * i));
    }
    _mm512_store_si512(to, plane);
    to += 64;
  }
}

void store_planes(const Codes codes, int bits, std::uint8_t* to) {
  int from = 0;
  for (int width = 8; width > 0; width /= 2)
    if ((bits & width) != 0) {
      store_plane(codes, from, width, to);
      from += width;
    }
}

// Bytes of one group in a row of the file.
std::size_t file_group_bytes(PackedFormat format) {
  switch (format) {
    case PackedFormat::Q4_0:
    case PackedFormat::IQ4_NL:
      return 2 * 18;
    case PackedFormat::Q4_1:
      return 20;
    case PackedFormat::Q5_0:
      return 2 * 22;
    case PackedFormat::Q5_1:
      return 24;
    case PackedFormat::Q8_0:
      return 2 * 34;
    case PackedFormat::Q2_K:
      return 84;
    case PackedFormat::Q3_K:
      return 110;
    case PackedFormat::Q4_K:
      return 144;
    case PackedFormat::Q5_K:
      return 176;
    case PackedFormat::Q6_K:
      return 210;
  }
  return 0;
}

// One tile of the `width` (1 or 2) that begin at `to` and share its groups: headers first, then block by block.
void pack_tile(PackedFormat format, const RowGather& rows, std::int64_t in_features, int width,
               int position, std::uint8_t* to) {
  const PackedLayout layout = packed_layout(format);
  std::size_t from = 0;
  for (std::int64_t blocks = in_features / 32; blocks > 0; blocks -= layout.group_blocks) {
    const int present =
        blocks < layout.group_blocks ? static_cast<int>(blocks) : layout.group_blocks;
    pack_header(format, rows, from, present, to + position * layout.header_bytes);
    std::uint8_t* first = to + width * layout.header_bytes + position * layout.block_bytes();
    for (int j = 0; j < layout.group_blocks; ++j) {
      Codes codes = {};
      if (j < present) file_codes(format, rows, from, j, codes);
      store_planes(codes, layout.bits, first + j * width * layout.block_bytes());
    }
    from += file_group_bytes(format);
    to += width * layout.group_bytes();
  }
}

}  // namespace

void pack_blocks(PackedFormat format, const FileWeight& weight, std::int64_t tile_begin,
                 std::int64_t tile_end, std::uint8_t* packed) {
  const PackedLayout layout = packed_layout(format);
  const std::int64_t groups =
      (weight.in_features / 32 + layout.group_blocks - 1) / layout.group_blocks;
  const auto tile_bytes = static_cast<std::size_t>(groups * layout.group_bytes());
  const std::int64_t tiles = (weight.out_features + kTileColumns - 1) / kTileColumns;
  for (std::int64_t tile = tile_begin; tile < tile_end; ++tile) {
    const int width = (tile | 1) < tiles ? 2 : 1;
    const auto position = static_cast<int>(tile % width);
    const auto first = static_cast<std::size_t>(tile - position - tile_begin);
    pack_tile(format, RowGather(weight, tile * kTileColumns), weight.in_features, width, position,
              packed + first * tile_bytes);
  }
}

}  // namespace tenon::kernels::avx512
