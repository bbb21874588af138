#include "kernels/avx512/float_product.h"

// Plain numbers times float32 activations: products are exact, sums are float32.
namespace tenon::kernels::avx512 {

namespace {

struct FloatActivation {
  using Activation = const std::byte*;
  static inline Activation broadcast(const std::byte* at) { return at; }
  [[gnu::always_inline]] static inline __m512 value(const std::byte* at, int index) {
    return _mm512_set1_ps(reinterpret_cast<const float*>(at)[index]);
  }
};

struct Float32Step : FloatActivation {
  static constexpr int kInputs = 1, kWeightBytes = 64, kActivationBytes = 4;
  using Weight = __m512;
  [[gnu::always_inline]] static inline Weight load(const std::uint8_t* at) {
    return _mm512_load_ps(at);
  }
  [[gnu::always_inline]] static inline __m512 multiply_add(Weight weight, Activation activation,
                                                           __m512 sum) {
    return _mm512_fmadd_ps(weight, value(activation, 0), sum);
  }
};

struct Float16Step : Float32Step {
  static constexpr int kWeightBytes = 32;
  [[gnu::always_inline]] static inline Weight load(const std::uint8_t* at) {
    return _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(at)));
  }
};

// bfloat16 in pairs for the dot product of processors that have one; here widened.
struct WidenedStep : FloatActivation {
  static constexpr int kInputs = 2, kWeightBytes = 64, kActivationBytes = 8;
  struct Weight {
    __m512 even, odd;
  };
  [[gnu::always_inline]] static inline Weight load(const std::uint8_t* at) {
    const __m512i pairs = _mm512_load_si512(at);
    return {_mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16)),
            _mm512_castsi512_ps(
                _mm512_and_si512(pairs, _mm512_set1_epi32(static_cast<int>(0xFFFF0000u))))};
  }
  [[gnu::always_inline]] static inline __m512 multiply_add(const Weight& weight,
                                                           Activation activation, __m512 sum) {
    sum = _mm512_fmadd_ps(weight.even, value(activation, 0), sum);
    return _mm512_fmadd_ps(weight.odd, value(activation, 1), sum);
  }
};

constexpr int kPanelRows = 16;

template <int kRows>
void add_panel_rows(const float* panel, std::int64_t inputs, const std::byte* activations,
                    std::size_t activation_bytes, float* sums) {
  __m512 sum[1][kRows];
  unroll<kRows>([&]<int r>()
                    [[gnu::always_inline]] { sum[0][r] = _mm512_loadu_ps(sums + 16 * r); });
  multiply_steps<Float32Step, 1, kRows>(reinterpret_cast<const std::uint8_t*>(panel), 0,
                                        activations, activation_bytes, inputs, sum);
  unroll<kRows>([&]<int r>()
                    [[gnu::always_inline]] { _mm512_storeu_ps(sums + 16 * r, sum[0][r]); });
}

using PanelFunction = void (*)(const float*, std::int64_t, const std::byte*, std::size_t, float*);
constexpr PanelFunction kPanelFunctions[kPanelRows] = {
    add_panel_rows<1>,  add_panel_rows<2>,  add_panel_rows<3>,  add_panel_rows<4>,
    add_panel_rows<5>,  add_panel_rows<6>,  add_panel_rows<7>,  add_panel_rows<8>,
    add_panel_rows<9>,  add_panel_rows<10>, add_panel_rows<11>, add_panel_rows<12>,
    add_panel_rows<13>, add_panel_rows<14>, add_panel_rows<15>, add_panel_rows<16>};

}  // namespace

void multiply_float32(const ProductJob& job) {
  multiply_float_format<Float32Step>(job);
}
void multiply_float16(const ProductJob& job) {
  multiply_float_format<Float16Step>(job);
}
void multiply_bfloat16_widened(const ProductJob& job) {
  multiply_float_format<WidenedStep>(job);
}

void multiply_panel(const float* panel, std::int64_t first_input, std::int64_t inputs,
                    const ProductJob& job, float* sums) {
  const std::byte* activations = job.activations + static_cast<std::size_t>(first_input) * 4;
  const int groups = (job.rows + kPanelRows - 1) / kPanelRows;
  for (int g = 0; g < groups; ++g) {
    const int begin = job.rows * g / groups;
    const int count = job.rows * (g + 1) / groups - begin;
    kPanelFunctions[count - 1](panel, inputs,
                               activations + static_cast<std::size_t>(begin) * job.activation_bytes,
                               job.activation_bytes, sums + 16 * begin);
  }
}

}  // namespace tenon::kernels::avx512
