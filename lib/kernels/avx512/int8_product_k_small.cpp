#include "kernels/avx512/int8_product.h"

namespace tenon::kernels::avx512 {

void multiply_q2_k(const ProductJob& job) {
  multiply_format<PackedFormat::Q2_K>(job);
}
void multiply_q3_k(const ProductJob& job) {
  multiply_format<PackedFormat::Q3_K>(job);
}
void multiply_q4_k(const ProductJob& job) {
  multiply_format<PackedFormat::Q4_K>(job);
}

}  // namespace tenon::kernels::avx512
