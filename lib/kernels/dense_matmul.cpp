#include "kernels/dense_matmul.h"

#include <string>

#include "base/error.h"
#include "kernels/dense_providers.h"

namespace tenon::kernels {

namespace {

void check_types(DType a, DType b, DType c) {
  const bool is_float = a == DType::F32 && b == DType::F32 && c == DType::F32;
  const bool is_bfloat =
      a == DType::BF16 && b == DType::BF16 && (c == DType::F32 || c == DType::BF16);
  if (is_float || is_bfloat) return;
  throw Error(ErrorKind::Unsupported, "a dense product of " + std::string(dtype_name(a)) + " and " +
                                          std::string(dtype_name(b)) + " into " +
                                          std::string(dtype_name(c)) + " is not supported")
      .hint("F32 and F32 into F32, or BF16 and BF16 into F32 or BF16");
}

void check_shapes(const Shape& a, const Shape& b, const Shape& c, bool is_b_transposed) {
  const bool are_matrices = a.rank() == 2 && b.rank() == 2 && c.rank() == 2;
  const int inner = is_b_transposed ? 1 : 0;
  if (are_matrices && a[1] == b[inner] && c[0] == a[0] && c[1] == b[1 - inner]) return;
  throw Error(ErrorKind::Shape, "a dense product of a " + a.to_string() + " and b " +
                                    b.to_string() + (is_b_transposed ? " (transposed)" : "") +
                                    " does not give c " + c.to_string());
}

}  // namespace

void dense_matmul(const Kernels& kernels, const TensorView& a, const TensorView& b, Tensor& c,
                  const DenseMatmul& options) {
  check_types(a.dtype, b.dtype, c.dtype());
  check_shapes(a.shape, b.shape, c.shape(), options.is_b_transposed);
  if (c.shape().elements() == 0) return;
  if (kernels.implementation_of("dense_matmul") == "onednn" && a.shape[1] > 0)
    onednn_dense_matmul(a, b, c, options);
  else
    reference_dense_matmul(a, b, c, options);
}

std::string_view dense_matmul_provider() {
  return onednn_state().is_available ? "onednn" : "reference";
}

}  // namespace tenon::kernels
