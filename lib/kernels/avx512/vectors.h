#pragma once

#include <immintrin.h>

/// Small tools of the files compiled for AVX-512. Everything has internal linkage: see operations.h.
namespace tenon::kernels::avx512 {
namespace {

template <int... kIndices, typename Body>
[[gnu::always_inline]] inline void unroll_sequence(Body&& body) {
  (body.template operator()<kIndices>(), ...);
}

/// body.operator()<i>() for i = 0 .. kCount-1, written out, so that arrays of vectors indexed by i live in
/// registers.
template <int kCount>
struct Unroll {
  template <int... kIndices, typename Body>
  [[gnu::always_inline]] static inline void run(Body&& body) {
    if constexpr (sizeof...(kIndices) == kCount)
      unroll_sequence<kIndices...>(body);
    else
      run<kIndices..., static_cast<int>(sizeof...(kIndices))>(body);
  }
};
template <int kCount, typename Body>
[[gnu::always_inline]] inline void unroll(Body&& body) {
  Unroll<kCount>::run(body);
}

/// Lanes 0 .. count-1; count may be anything.
[[gnu::always_inline]] inline __mmask16 first_lanes(long long count) {
  if (count >= 16) return 0xFFFF;
  return count <= 0 ? __mmask16{0} : static_cast<__mmask16>((1u << count) - 1u);
}

/// Asks for the cache line at `address`, which need not be readable. Assembly because GCC before 14 takes a
/// function that only prefetches for one without effect and drops its calls (GCC bug 114061).
[[gnu::always_inline]] inline void prefetch_line(const void* address) {
  asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(address)));
}

}  // namespace
}  // namespace tenon::kernels::avx512
