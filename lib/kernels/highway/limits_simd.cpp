#include "kernels/highway/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway/limits_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tenon::kernels::highway {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;

// Twelve sums and two factors fit the sixteen vector registers of x86-64 and AVX2.
std::int64_t float32_peak(std::int64_t rounds) {
  const Floats d;
  // Numbers that the compiler does not know, or it would compute equal sums once.
  float n[14] = {1.0f, 0.5f};
  asm volatile("" : "+m"(n));
  const auto weight = hn::Set(d, n[0]), activation = hn::Set(d, n[1]);
  auto s0 = hn::Set(d, n[2]), s1 = hn::Set(d, n[3]), s2 = hn::Set(d, n[4]);
  auto s3 = hn::Set(d, n[5]), s4 = hn::Set(d, n[6]), s5 = hn::Set(d, n[7]);
  auto s6 = hn::Set(d, n[8]), s7 = hn::Set(d, n[9]), s8 = hn::Set(d, n[10]);
  auto s9 = hn::Set(d, n[11]), s10 = hn::Set(d, n[12]), s11 = hn::Set(d, n[13]);
  for (std::int64_t round = 0; round < rounds; ++round) {
    s0 = hn::MulAdd(s0, weight, activation);
    s1 = hn::MulAdd(s1, weight, activation);
    s2 = hn::MulAdd(s2, weight, activation);
    s3 = hn::MulAdd(s3, weight, activation);
    s4 = hn::MulAdd(s4, weight, activation);
    s5 = hn::MulAdd(s5, weight, activation);
    s6 = hn::MulAdd(s6, weight, activation);
    s7 = hn::MulAdd(s7, weight, activation);
    s8 = hn::MulAdd(s8, weight, activation);
    s9 = hn::MulAdd(s9, weight, activation);
    s10 = hn::MulAdd(s10, weight, activation);
    s11 = hn::MulAdd(s11, weight, activation);
  }
  const auto low = hn::Add(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)), hn::Add(s4, s5));
  const auto high = hn::Add(hn::Add(hn::Add(s6, s7), hn::Add(s8, s9)), hn::Add(s10, s11));
  float sum = hn::GetLane(hn::Add(low, high));
  asm volatile("" : "+m"(sum));
  return static_cast<std::int64_t>(2 * 12 * hn::Lanes(d));
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace tenon::kernels::highway
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tenon::kernels::highway {

HWY_EXPORT(float32_peak);

std::int64_t float32_peak(std::int64_t rounds) {
  return HWY_DYNAMIC_DISPATCH(float32_peak)(rounds);
}

}  // namespace tenon::kernels::highway
#endif
