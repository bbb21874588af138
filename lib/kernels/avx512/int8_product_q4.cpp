#include "kernels/avx512/int8_product.h"

namespace tenon::kernels::avx512 {

void multiply_q4_0(const ProductJob& job) {
  multiply_format<PackedFormat::Q4_0>(job);
}
void multiply_q4_1(const ProductJob& job) {
  multiply_format<PackedFormat::Q4_1>(job);
}
void multiply_iq4_nl(const ProductJob& job) {
  multiply_format<PackedFormat::IQ4_NL>(job);
}

}  // namespace tenon::kernels::avx512
