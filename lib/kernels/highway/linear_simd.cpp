#include <hwy/cache_control.h>

#include "kernels/highway/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway/linear_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// Weights become float32 panels, and panels are multiplied: on a processor without integer dot products
// a float multiply-add moves as many products as the widening integer ones that portable code has, needs
// no scales per row, and keeps activations unrounded. Rows share a panel, so its cost is shared too.
HWY_BEFORE_NAMESPACE();
namespace tenon::kernels::highway {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kTileColumns>;
using Ints = hn::RebindToSigned<Floats>;
using V = hn::Vec<Floats>;

/// 32 inputs of 16 columns → panel rows, kPanelColumns apart. Multiplied and added in two steps, as the
/// format says.
template <bool kIsNibbles, bool kHasMinimum>
void unpack_piece(const TileLayout& layout, const std::uint8_t* piece, float* panel) {
  const Floats d;
  const Ints di;
  const hn::Rebind<std::uint8_t, Floats> d_unsigned;
  const hn::Rebind<std::int8_t, Floats> d_signed;
  const auto* scales = reinterpret_cast<const float*>(piece);
  const std::uint8_t* codes = piece + layout.scales_bytes();
  const auto offset = hn::Set(di, layout.code_offset);
  const auto low = hn::Set(di, 15);
  const auto to_weight = [&](hn::Vec<Ints> code, V step, V minimum) HWY_ATTR {
    const V product = hn::Mul(step, hn::ConvertTo(d, hn::Sub(code, offset)));
    return kHasMinimum ? hn::Add(product, minimum) : product;
  };
  for (int column = 0; column < kTileColumns; column += static_cast<int>(hn::Lanes(d))) {
    const auto scale_row = [&](int row) HWY_ATTR {
      return hn::LoadU(d, scales + row * kTileColumns + column);
    };
    const int second = layout.halves - 1;
    const V step0 = scale_row(0), step1 = scale_row(second);
    const V minimum0 = kHasMinimum ? scale_row(layout.halves) : step0;
    const V minimum1 = kHasMinimum ? scale_row(layout.halves + second) : step1;
    for (int j = 0; j < 16; ++j) {
      hn::Vec<Ints> code0, code1;
      if constexpr (kIsNibbles) {
        const auto both =
            hn::PromoteTo(di, hn::LoadU(d_unsigned, codes + j * kTileColumns + column));
        code0 = hn::And(both, low);
        code1 = hn::ShiftRight<4>(both);
      } else {
        const auto* at = reinterpret_cast<const std::int8_t*>(codes) + j * kTileColumns + column;
        code0 = hn::PromoteTo(di, hn::LoadU(d_signed, at));
        code1 = hn::PromoteTo(di, hn::LoadU(d_signed, at + 16 * kTileColumns));
      }
      float* to = panel + j * kPanelColumns + column;
      hn::StoreU(to_weight(code0, step0, minimum0), d, to);
      hn::StoreU(to_weight(code1, step1, minimum1), d, to + 16 * kPanelColumns);
    }
  }
}

/// One input of 16 columns of plain numbers.
void unpack_plain(TileLayout::Kind kind, const std::uint8_t* numbers, float* panel) {
  const Floats d;
  const hn::Rebind<hwy::float16_t, Floats> d_half;
  const hn::Rebind<hwy::bfloat16_t, Floats> d_bfloat;
  for (int column = 0; column < kTileColumns; column += static_cast<int>(hn::Lanes(d))) {
    V values = hn::Zero(d);
    if (kind == TileLayout::Kind::F32)
      values = hn::LoadU(d, reinterpret_cast<const float*>(numbers) + column);
    else if (kind == TileLayout::Kind::F16)
      values = hn::PromoteTo(
          d, hn::LoadU(d_half, reinterpret_cast<const hwy::float16_t*>(numbers) + column));
    else
      values = hn::PromoteTo(
          d, hn::LoadU(d_bfloat, reinterpret_cast<const hwy::bfloat16_t*>(numbers) + column));
    hn::StoreU(values, d, panel + column);
  }
}

/// Asks for what lies a panel further in the same tile: the four streams are too short for the
/// processor to see by itself.
HWY_INLINE void prefetch_next(const std::uint8_t* at, std::size_t bytes, std::size_t ahead) {
  for (std::size_t line = 0; line < bytes; line += 64) hwy::Prefetch(at + ahead + line);
}

using UnpackFunction = void (*)(const TileLayout&, const std::uint8_t*, float*);

UnpackFunction unpack_function(const TileLayout& layout) {
  const bool is_nibbles = layout.kind == TileLayout::Kind::Nibbles;
  if (is_nibbles && layout.has_minimum) return unpack_piece<true, true>;
  if (is_nibbles) return unpack_piece<true, false>;
  return layout.has_minimum ? unpack_piece<false, true> : unpack_piece<false, false>;
}

void unpack_panel(const TileLayout& layout, const std::uint8_t* tiles, std::size_t tile_bytes,
                  int tile_count, std::int64_t first, std::int64_t inputs, float* panel) {
  const std::int64_t unit = layout.is_plain() ? 1 : kTileInputs;
  const std::size_t unit_bytes = layout.tile_bytes(unit);
  const std::size_t ahead = static_cast<std::size_t>(kPanelInputs / unit) * unit_bytes;
  const UnpackFunction unpack = unpack_function(layout);
  for (int t = 0; t < tile_count; ++t) {
    const std::uint8_t* at = tiles + static_cast<std::size_t>(t) * tile_bytes +
                             static_cast<std::size_t>(first / unit) * unit_bytes;
    float* to = panel + t * kTileColumns;
    for (std::int64_t k = 0; k < inputs; k += unit, at += unit_bytes, to += unit * kPanelColumns) {
      prefetch_next(at, unit_bytes, ahead);
      if (layout.is_plain())
        unpack_plain(layout.kind, at, to);
      else
        unpack(layout, at, to);
    }
  }
}

// Vectors are named, not kept in arrays: some instruction sets have vectors of no fixed size.

/// One or two rows times four vectors of columns.
template <bool kTwoRows>
void add_few_rows(const float* panel, std::int64_t inputs, const float* a, const float* b,
                  float* sum_a, float* sum_b) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t column = 0; column < kPanelColumns; column += 4 * lanes) {
    const float* weights = panel + column;
    V a0 = hn::LoadU(d, sum_a + column), a1 = hn::LoadU(d, sum_a + column + lanes);
    V a2 = hn::LoadU(d, sum_a + column + 2 * lanes), a3 = hn::LoadU(d, sum_a + column + 3 * lanes);
    V b0 = hn::LoadU(d, sum_b + column), b1 = hn::LoadU(d, sum_b + column + lanes);
    V b2 = hn::LoadU(d, sum_b + column + 2 * lanes), b3 = hn::LoadU(d, sum_b + column + 3 * lanes);
    for (std::int64_t k = 0; k < inputs; ++k, weights += kPanelColumns) {
      const V w0 = hn::LoadU(d, weights), w1 = hn::LoadU(d, weights + lanes);
      const V w2 = hn::LoadU(d, weights + 2 * lanes), w3 = hn::LoadU(d, weights + 3 * lanes);
      const V x = hn::Set(d, a[k]);
      a0 = hn::MulAdd(w0, x, a0), a1 = hn::MulAdd(w1, x, a1);
      a2 = hn::MulAdd(w2, x, a2), a3 = hn::MulAdd(w3, x, a3);
      if (kTwoRows) {
        const V y = hn::Set(d, b[k]);
        b0 = hn::MulAdd(w0, y, b0), b1 = hn::MulAdd(w1, y, b1);
        b2 = hn::MulAdd(w2, y, b2), b3 = hn::MulAdd(w3, y, b3);
      }
    }
    hn::StoreU(a0, d, sum_a + column), hn::StoreU(a1, d, sum_a + column + lanes);
    hn::StoreU(a2, d, sum_a + column + 2 * lanes), hn::StoreU(a3, d, sum_a + column + 3 * lanes);
    if (kTwoRows) {
      hn::StoreU(b0, d, sum_b + column), hn::StoreU(b1, d, sum_b + column + lanes);
      hn::StoreU(b2, d, sum_b + column + 2 * lanes), hn::StoreU(b3, d, sum_b + column + 3 * lanes);
    }
  }
}

/// Four rows times two vectors of columns.
void add_four_rows(const float* panel, std::int64_t inputs, const float* activations,
                   std::size_t stride, float* sums) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  const float* row0 = activations;
  const float* row1 = row0 + stride;
  const float* row2 = row1 + stride;
  const float* row3 = row2 + stride;
  for (std::size_t column = 0; column < kPanelColumns; column += 2 * lanes) {
    const float* weights = panel + column;
    float* sum0 = sums + column;
    float* sum1 = sum0 + kPanelColumns;
    float* sum2 = sum1 + kPanelColumns;
    float* sum3 = sum2 + kPanelColumns;
    V a0 = hn::LoadU(d, sum0), a1 = hn::LoadU(d, sum0 + lanes);
    V b0 = hn::LoadU(d, sum1), b1 = hn::LoadU(d, sum1 + lanes);
    V c0 = hn::LoadU(d, sum2), c1 = hn::LoadU(d, sum2 + lanes);
    V e0 = hn::LoadU(d, sum3), e1 = hn::LoadU(d, sum3 + lanes);
    for (std::int64_t k = 0; k < inputs; ++k, weights += kPanelColumns) {
      const V w0 = hn::LoadU(d, weights), w1 = hn::LoadU(d, weights + lanes);
      const V x0 = hn::Set(d, row0[k]), x1 = hn::Set(d, row1[k]);
      a0 = hn::MulAdd(w0, x0, a0), a1 = hn::MulAdd(w1, x0, a1);
      b0 = hn::MulAdd(w0, x1, b0), b1 = hn::MulAdd(w1, x1, b1);
      const V x2 = hn::Set(d, row2[k]), x3 = hn::Set(d, row3[k]);
      c0 = hn::MulAdd(w0, x2, c0), c1 = hn::MulAdd(w1, x2, c1);
      e0 = hn::MulAdd(w0, x3, e0), e1 = hn::MulAdd(w1, x3, e1);
    }
    hn::StoreU(a0, d, sum0), hn::StoreU(a1, d, sum0 + lanes);
    hn::StoreU(b0, d, sum1), hn::StoreU(b1, d, sum1 + lanes);
    hn::StoreU(c0, d, sum2), hn::StoreU(c1, d, sum2 + lanes);
    hn::StoreU(e0, d, sum3), hn::StoreU(e1, d, sum3 + lanes);
  }
}

void add_panel_product(const float* panel, std::int64_t inputs, const float* activations,
                       std::size_t stride, int rows, float* sums) {
  int row = 0;
  for (; row + kRowsAtOnce <= rows; row += kRowsAtOnce)
    add_four_rows(panel, inputs, activations + static_cast<std::size_t>(row) * stride, stride,
                  sums + row * kPanelColumns);
  for (; row < rows; row += 2) {
    const float* a = activations + static_cast<std::size_t>(row) * stride;
    float* sum = sums + row * kPanelColumns;
    if (row + 1 < rows)
      add_few_rows<true>(panel, inputs, a, a + stride, sum, sum + kPanelColumns);
    else
      add_few_rows<false>(panel, inputs, a, a, sum, sum);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace tenon::kernels::highway
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tenon::kernels::highway {

HWY_EXPORT(unpack_panel);
HWY_EXPORT(add_panel_product);

void unpack_panel(const TileLayout& layout, const std::uint8_t* tiles, std::size_t tile_bytes,
                  int tile_count, std::int64_t first, std::int64_t inputs, float* panel) {
  HWY_DYNAMIC_DISPATCH(unpack_panel)
  (layout, tiles, tile_bytes, tile_count, first, inputs, panel);
}

void add_panel_product(const float* panel, std::int64_t inputs, const float* activations,
                       std::size_t stride, int rows, float* sums) {
  HWY_DYNAMIC_DISPATCH(add_panel_product)(panel, inputs, activations, stride, rows, sums);
}

}  // namespace tenon::kernels::highway
#endif  // HWY_ONCE
