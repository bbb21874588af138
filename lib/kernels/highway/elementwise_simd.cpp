#include <cmath>
#include <limits>

#include "kernels/highway/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway/elementwise_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/highway/exponential-inl.h"

// Tails run through the same vector code, padded: a number has the same bits at any place.
HWY_BEFORE_NAMESPACE();
namespace tenon::kernels::highway {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kTileColumns>;
using V = hn::Vec<Floats>;

std::int64_t lanes() {
  return static_cast<std::int64_t>(hn::Lanes(Floats()));
}

void rms_norm(const float* input, const float* weight, std::int64_t size, float epsilon,
              float* output) {
  const Floats d;
  // Two chains of sums over every other vector.
  V even = hn::Zero(d), odd = hn::Zero(d);
  for (std::int64_t i = 0; i < size; i += 2 * lanes()) {
    const V x = load_first(d, input + i, size - i);
    even = hn::MulAdd(x, x, even);
    if (i + lanes() >= size) break;
    const V y = load_first(d, input + i + lanes(), size - i - lanes());
    odd = hn::MulAdd(y, y, odd);
  }
  const float mean = hn::GetLane(hn::SumOfLanes(d, hn::Add(even, odd))) / static_cast<float>(size);
  const V scale = hn::Set(d, 1.0f / std::sqrt(mean + epsilon));
  for (std::int64_t i = 0; i < size; i += lanes()) {
    const V x = hn::Mul(load_first(d, input + i, size - i), scale);
    store_first(d, hn::Mul(x, load_first(d, weight + i, size - i)), output + i, size - i);
  }
}

void add(const float* input, std::int64_t size, float* output) {
  const Floats d;
  for (std::int64_t i = 0; i < size; i += lanes())
    store_first(d, hn::Add(load_first(d, output + i, size - i), load_first(d, input + i, size - i)),
                output + i, size - i);
}

void silu_multiply(const float* gate, const float* up, std::int64_t size, float* output) {
  const Floats d;
  const V one = hn::Set(d, 1.0f);
  for (std::int64_t i = 0; i < size; i += lanes()) {
    const V x = load_first(d, gate + i, size - i);
    const V silu = hn::Div(x, hn::Add(one, exponential(d, hn::Neg(x))));
    store_first(d, hn::Mul(silu, load_first(d, up + i, size - i)), output + i, size - i);
  }
}

std::int64_t argmax(const float* values, std::int64_t size) {
  const Floats d;
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  V best = hn::Set(d, kLowest);
  std::int64_t i = 0;
  for (; i + lanes() <= size; i += lanes()) {
    const V x = hn::LoadU(d, values + i);
    best = hn::IfThenElse(hn::Gt(x, best), x, best);  // NaN compares false
  }
  float maximum = hn::GetLane(hn::MaxOfLanes(d, best));
  for (; i < size; ++i)
    if (values[i] > maximum) maximum = values[i];
  for (i = 0; i < size; ++i)
    if (values[i] == maximum) return i;
  return 0;  // nothing but NaN
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace tenon::kernels::highway
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tenon::kernels::highway {

HWY_EXPORT(rms_norm);
HWY_EXPORT(add);
HWY_EXPORT(silu_multiply);
HWY_EXPORT(argmax);

void rms_norm(const float* input, const float* weight, std::int64_t size, float epsilon,
              float* output) {
  HWY_DYNAMIC_DISPATCH(rms_norm)(input, weight, size, epsilon, output);
}

void add(const float* input, std::int64_t size, float* output) {
  HWY_DYNAMIC_DISPATCH(add)(input, size, output);
}

void silu_multiply(const float* gate, const float* up, std::int64_t size, float* output) {
  HWY_DYNAMIC_DISPATCH(silu_multiply)(gate, up, size, output);
}

std::int64_t argmax(const float* values, std::int64_t size) {
  return HWY_DYNAMIC_DISPATCH(argmax)(values, size);
}

}  // namespace tenon::kernels::highway
#endif  // HWY_ONCE
