#pragma once

#include <string_view>

#include "kernels/kernels.h"

/// The large dense matrix product of layers that are computed for throughput: vision, training.
///
/// **Outside the promise of row invariance**: a row's bits may change with the rows beside it and with the
/// thread count. Nothing on the way from tokens to logits may use it.
namespace tenon::kernels {

struct DenseMatmul {
  bool is_b_transposed = false;  // b is [n, k] instead of [k, n]
  bool is_accumulating = false;  // adds to c instead of replacing it
};

/// c = a b, or c += a b.  a [m, k], b [k, n] or [n, k], c [m, n].
/// a and b are both F32 or both BF16; c is F32, or BF16 where a and b are. Sums are float32 or wider.
///
/// oneDNN computes it, with all of the process's OpenMP threads, unless this build or `kernels` is without:
/// call it outside Team::run. Throws Error(Shape) with all three shapes, Error(Unsupported) for other types.
void dense_matmul(const Kernels& kernels, const TensorView& a, const TensorView& b, Tensor& c,
                  const DenseMatmul& options = {});

}  // namespace tenon::kernels
