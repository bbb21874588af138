#include "kernels/avx512/float_product.h"

// The only file that needs AVX512_BF16. vdpbf16ps multiplies pairs exactly, rounds to nearest even and
// takes denormals for zeros, whatever the control register says.
namespace tenon::kernels::avx512 {

namespace {

struct DotStep {
  static constexpr int kInputs = 2, kWeightBytes = 64, kActivationBytes = 4;
  using Weight = __m512i;
  using Activation = __m512i;
  [[gnu::always_inline]] static inline Weight load(const std::uint8_t* at) {
    return _mm512_load_si512(at);
  }
  [[gnu::always_inline]] static inline Activation broadcast(const std::byte* at) {
    return _mm512_set1_epi32(*reinterpret_cast<const std::int32_t*>(at));
  }
  [[gnu::always_inline]] static inline __m512 multiply_add(Weight weight, Activation activation,
                                                           __m512 sum) {
    return _mm512_dpbf16_ps(sum, (__m512bh)weight, (__m512bh)activation);
  }
};

}  // namespace

void multiply_bfloat16(const ProductJob& job) {
  multiply_float_format<DotStep>(job);
}

}  // namespace tenon::kernels::avx512
