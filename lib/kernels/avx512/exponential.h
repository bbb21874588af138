#pragma once

#include <immintrin.h>

namespace tenon::kernels::avx512 {
namespace {

/// exp(x) of 16 floats, error below 1.5 units in the last place; exp(0) is exactly 1, exp(-inf) 0,
/// exp(+inf) +inf, NaN stays NaN, results below 2^-126 become denormal or zero.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2 in two steps (Cody & Waite 1980), exp(r) by the polynomial of degree
/// six that Cephes' expf uses (S. Moshier), 2^n by the processor's scale instruction.
[[gnu::always_inline]] inline __m512 exponential(__m512 x) {
  // Beyond +-128 ln 2 the scale instruction saturates by itself; the clamp keeps n an ordinary number.
  const __m512 low = _mm512_set1_ps(-150.0f), high = _mm512_set1_ps(150.0f);
  const __m512 clamped = _mm512_min_ps(high, _mm512_max_ps(low, x));  // NaN in x passes through
  const __m512 n =
      _mm512_roundscale_ps(_mm512_mul_ps(clamped, _mm512_set1_ps(1.44269504088896341f)),
                           _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), clamped);
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
  __m512 p = _mm512_set1_ps(1.9875691500e-4f);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.3981999507e-3f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(8.3334519073e-3f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(4.1665795894e-2f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.6666665459e-1f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.0000001201e-1f));
  p = _mm512_fmadd_ps(p, _mm512_mul_ps(r, r), r);
  return _mm512_scalef_ps(_mm512_add_ps(p, _mm512_set1_ps(1.0f)), n);
}

/// 2^x of 16 floats x <= 0, error below 2^-22.5 of the result; 2^0 is exactly 1, 2^-inf less than 2^-149,
/// which is 0, NaN stays NaN. x = n + r exactly, |r| <= 1/2; (2^r - 1) / r by a minimax polynomial of degree
/// four: half the multiply-adds of exponential(), which softmax has no use for, because its scores are
/// scaled by a constant anyway.
[[gnu::always_inline]] inline __m512 exponential_base2(__m512 x) {
  x = _mm512_max_ps(_mm512_set1_ps(-150.0f), x);  // NaN in x passes through
  const __m512 n = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m512 r = _mm512_sub_ps(x, n);
  __m512 p = _mm512_set1_ps(1.3264631852e-3f);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(9.6714869142e-3f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.5507335812e-2f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(2.4022242427e-1f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(6.9314700365e-1f));
  return _mm512_scalef_ps(_mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f)), n);
}

}  // namespace
}  // namespace tenon::kernels::avx512
