#include "kernels/avx512/int8_product.h"

namespace tenon::kernels::avx512 {

void multiply_q5_0(const ProductJob& job) {
  multiply_format<PackedFormat::Q5_0>(job);
}
void multiply_q5_1(const ProductJob& job) {
  multiply_format<PackedFormat::Q5_1>(job);
}
void multiply_q8_0(const ProductJob& job) {
  multiply_format<PackedFormat::Q8_0>(job);
}

}  // namespace tenon::kernels::avx512
