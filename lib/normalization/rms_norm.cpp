#include "normalization/rms_norm.h"

namespace tenon::normalization {

void RmsNorm::apply(const kernels::Kernels& kernels, const float* input, float* output) const {
  kernels.rms_norm(input, weight.data(), static_cast<std::int64_t>(weight.size()),
                   {.epsilon = epsilon}, output);
}

void RmsNorm::apply_groups(const kernels::Kernels& kernels, std::int64_t count,
                           float* values) const {
  for (std::int64_t group = 0; group < count; ++group, values += weight.size())
    apply(kernels, values, values);
}

}  // namespace tenon::normalization
