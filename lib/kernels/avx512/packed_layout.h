#pragma once

#include <cstddef>

/// How weights in block formats lie in memory for the AVX-512 kernels.
///
/// A *tile* is 16 output columns, one lane each. Along the inputs a tile is a sequence of *groups*, read
/// strictly forwards; a group is a header of scales and 1, 2 or 8 blocks of 32 inputs:
///
///   header  16 float16 scales a line half: of one block and its minima, or of two blocks, or of a
///           256-block and its minima; then for the K formats one byte per column and sub-block
///   block   the codes of 32 inputs x 16 columns, split in planes of 4, 2 or 1 bits, so that after a shift
///           and a mask register g holds inputs 4g .. 4g+3 of all 16 columns as unsigned bytes:
///     4-bit plane, 256 bytes: byte vector g (0..3) has input group g in the low nibble, g + 4 in the
///                  high one; 2-bit plane, 128 bytes: vector v has groups 4v + i at bit 2i;
///     1-bit plane, 64 bytes: group i at bit i; 8-bit plane, 512 bytes: as they are
///
/// Tiles 2n and 2n + 1 share their groups: both headers, then block by block the one's and the other's, so that a
/// kernel that takes both reads straight on. A last tile without a partner lies alone.
///
/// Sizes stay at those of the file within 6 %; every group is whole cache lines.
namespace tenon::kernels::avx512 {

/// Counts up with every change of the bytes that pack.cpp or pack_floats.cpp write, so that files
/// with packed weights of before are refused.
inline constexpr unsigned kPackedLayoutVersion = 2;

inline constexpr int kTileColumns = 16;

enum class PackedFormat : int {
  Q4_0,
  Q4_1,
  Q5_0,
  Q5_1,
  Q8_0,
  IQ4_NL,
  Q2_K,
  Q3_K,
  Q4_K,
  Q5_K,
  Q6_K
};
inline constexpr int kPackedFormatCount = 11;

struct PackedLayout {
  int bits;          // of a code
  int group_blocks;  // blocks of 32 inputs in a group
  int header_bytes;
  constexpr int block_bytes() const { return bits * 64; }
  constexpr int group_bytes() const { return header_bytes + group_blocks * block_bytes(); }
};

// In the order of PackedFormat.
static constexpr PackedLayout kPackedLayouts[kPackedFormatCount] = {
    {4, 2, 64},        // Q4_0
    {4, 1, 64},        // Q4_1
    {5, 2, 64},        // Q5_0
    {5, 1, 64},        // Q5_1
    {8, 2, 64},        // Q8_0: code + 128
    {4, 2, 64},        // IQ4_NL
    {2, 8, 64 + 256},  // Q2_K: scale and minimum of a sub-block of 16 share a byte, as in the file
    {3, 8, 64 + 256},  // Q3_K: signed scales of sub-blocks of 16
    {4, 8, 64 + 256},  // Q4_K: eight rows of scales, then eight of minima
    {5, 8, 64 + 256},  // Q5_K
    {6, 8, 64 + 256},  // Q6_K: signed scales of sub-blocks of 16
};

constexpr PackedLayout packed_layout(PackedFormat format) {
  return kPackedLayouts[static_cast<int>(format)];
}

}  // namespace tenon::kernels::avx512
