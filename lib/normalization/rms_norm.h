#pragma once

#include <cstdint>

#include "base/aligned_buffer.h"
#include "kernels/kernels.h"

namespace tenon::normalization {

/// Root-mean-square normalisation with a learned weight (Zhang & Sennrich 2019, arXiv:1910.07467,
/// equation 4): output = input / sqrt(mean(input^2) + epsilon) * weight.
struct RmsNorm {
  AlignedBuffer<float> weight;  // [size]; empty: the layer is absent
  float epsilon = 1e-5f;

  bool is_present() const { return !weight.empty(); }
  /// One row of weight.size() numbers.
  void apply(const kernels::Kernels& kernels, const float* input, float* output) const;
  /// `count` groups in a row, each by itself and in place: the heads of a query or key (Henry et
  /// al. 2020, arXiv:2010.04245, with a root mean square for the norm). values [count, size]
  void apply_groups(const kernels::Kernels& kernels, std::int64_t count, float* values) const;
};

}  // namespace tenon::normalization
