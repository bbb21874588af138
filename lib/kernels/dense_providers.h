#pragma once

#include <string_view>

#include "kernels/dense_matmul.h"
#include "kernels/provider.h"

/// The providers of dense_matmul(), which has checked types and shapes.
namespace tenon::kernels {

void reference_dense_matmul(const TensorView& a, const TensorView& b, Tensor& c,
                            const DenseMatmul& options);
void onednn_dense_matmul(const TensorView& a, const TensorView& b, Tensor& c,
                         const DenseMatmul& options);

/// Who computes it for providers that leave it to others: the fastest there is.
std::string_view dense_matmul_provider();

}  // namespace tenon::kernels
