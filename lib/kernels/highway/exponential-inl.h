// Included once for each instruction set.
#if defined(TENON_HIGHWAY_EXPONENTIAL_TOGGLE) == defined(HWY_TARGET_TOGGLE)
#ifdef TENON_HIGHWAY_EXPONENTIAL_TOGGLE
#undef TENON_HIGHWAY_EXPONENTIAL_TOGGLE
#else
#define TENON_HIGHWAY_EXPONENTIAL_TOGGLE
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tenon::kernels::highway {
namespace HWY_NAMESPACE {
namespace {

/// exp(x), error below 2 units in the last place; exp(0) is exactly 1, exp(-inf) 0, exp(+inf) +inf, NaN
/// stays NaN. As in avx512/exponential.h (Cody & Waite 1980; Cephes' expf), but 2^n is multiplied in two
/// halves, because portable code has no scale instruction and 2^n alone may leave the exponents' range.
template <typename D, typename V = hwy::HWY_NAMESPACE::Vec<D>>
HWY_INLINE V exponential(D d, V x) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::RebindToSigned<D> di;
  const V low = hn::Set(d, -150.0f), high = hn::Set(d, 150.0f);
  x = hn::IfThenElse(hn::Lt(x, low), low, x);  // NaN compares false and stays
  x = hn::IfThenElse(hn::Gt(x, high), high, x);
  const V n = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504088896341f)));
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x);
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  V p = hn::Set(d, 1.9875691500e-4f);
  p = hn::MulAdd(p, r, hn::Set(d, 1.3981999507e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 8.3334519073e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 4.1665795894e-2f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.6666665459e-1f));
  p = hn::MulAdd(p, r, hn::Set(d, 5.0000001201e-1f));
  p = hn::Add(hn::MulAdd(p, hn::Mul(r, r), r), hn::Set(d, 1.0f));
  const auto whole = hn::ConvertTo(di, n);
  const auto half = hn::ShiftRight<1>(whole);
  const auto bias = hn::Set(di, 127);
  const V first = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(half, bias)));
  const V second = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::Sub(whole, half), bias)));
  return hn::Mul(hn::Mul(p, first), second);
}

/// The first `count` lanes from memory, the rest zeros; reads no further.
template <typename D>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> load_first(D d, const float* from, std::int64_t count) {
  namespace hn = hwy::HWY_NAMESPACE;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  if (count >= lanes) return hn::LoadU(d, from);
  HWY_ALIGN float padded[kTileColumns] = {};
  for (std::int64_t i = 0; i < count; ++i) padded[i] = from[i];
  return hn::Load(d, padded);
}

template <typename D, typename V>
HWY_INLINE void store_first(D d, V values, float* to, std::int64_t count) {
  namespace hn = hwy::HWY_NAMESPACE;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  if (count >= lanes) {
    hn::StoreU(values, d, to);
    return;
  }
  HWY_ALIGN float padded[kTileColumns];
  hn::Store(values, d, padded);
  for (std::int64_t i = 0; i < count; ++i) to[i] = padded[i];
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace tenon::kernels::highway
HWY_AFTER_NAMESPACE();

#endif
