#include <vector>

#include "kernels/dense_providers.h"
#include "precision/block_formats.h"

namespace tenon::kernels {

namespace {

std::vector<float> to_floats(const TensorView& view) {
  std::vector<float> values(static_cast<std::size_t>(view.shape.elements()));
  precision::dequantize(view.dtype, view.data, values);
  return values;
}

}  // namespace

void reference_dense_matmul(const TensorView& a, const TensorView& b, Tensor& c,
                            const DenseMatmul& options) {
  const auto m = static_cast<std::size_t>(c.shape()[0]), n = static_cast<std::size_t>(c.shape()[1]);
  const auto k = static_cast<std::size_t>(a.shape[1]);
  const std::vector<float> left = to_floats(a), right = to_floats(b);
  std::vector<float> result(m * n);
  if (options.is_accumulating) result = to_floats(c.view());
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      double sum = result[i * n + j];
      for (std::size_t l = 0; l < k; ++l)
        sum += static_cast<double>(left[i * k + l]) *
               right[options.is_b_transposed ? j * k + l : l * n + j];
      result[i * n + j] = static_cast<float>(sum);
    }
  reference_kernels().narrow(result.data(), static_cast<std::int64_t>(result.size()), c.dtype(),
                             c.data());
}

}  // namespace tenon::kernels
