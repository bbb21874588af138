#include "kernels/avx512/int8_product.h"

namespace tenon::kernels::avx512 {

void multiply_q5_k(const ProductJob& job) {
  multiply_format<PackedFormat::Q5_K>(job);
}
void multiply_q6_k(const ProductJob& job) {
  multiply_format<PackedFormat::Q6_K>(job);
}

}  // namespace tenon::kernels::avx512
