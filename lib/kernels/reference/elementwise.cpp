#include <cmath>
#include <cstring>
#include <string_view>

#include "kernels/cache_cells.h"
#include "kernels/provider.h"
#include "kernels/reference/half_floats.h"
#include "kernels/reference/reference.h"

namespace tenon::kernels {

const Kernels& reference_kernels() {
  static const reference::ReferenceKernels kernels;
  return kernels;
}

namespace reference {

std::string_view ReferenceKernels::implementation_of(std::string_view operation) const {
  return is_operation(operation) ? name() : std::string_view{};
}

void ReferenceKernels::rms_norm(const float* input, const float* weight, std::int64_t size,
                                const RmsNorm& options, float* output) const {
  double squares = 0.0;
  for (std::int64_t i = 0; i < size; ++i) squares += static_cast<double>(input[i]) * input[i];
  const double scale =
      1.0 / std::sqrt(squares / static_cast<double>(size) + static_cast<double>(options.epsilon));
  for (std::int64_t i = 0; i < size; ++i)
    output[i] = static_cast<float>(input[i] * scale * weight[i]);
}

void ReferenceKernels::add(const float* input, std::int64_t size, float* output) const {
  for (std::int64_t i = 0; i < size; ++i) output[i] += input[i];
}

void ReferenceKernels::silu_multiply(const float* gate, const float* up, std::int64_t size,
                                     float* output) const {
  for (std::int64_t i = 0; i < size; ++i) {
    const double x = gate[i];
    output[i] = static_cast<float>(x / (1.0 + std::exp(-x)) * up[i]);
  }
}

std::int64_t ReferenceKernels::argmax(const float* values, std::int64_t size) const {
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < size; ++i)
    if (values[i] > values[best] || (std::isnan(values[best]) && !std::isnan(values[i]))) best = i;
  return best;
}

void ReferenceKernels::narrow(const float* input, std::int64_t size, DType dtype,
                              std::byte* output) const {
  if (dtype == DType::F32) {
    std::memcpy(output, input, static_cast<std::size_t>(size) * sizeof(float));
    return;
  }
  for (std::int64_t i = 0; i < size; ++i) {
    const std::uint16_t half =
        dtype == DType::F16 ? float32_to_float16(input[i]) : float32_to_bfloat16(input[i]);
    std::memcpy(output + i * 2, &half, sizeof half);
  }
}

void ReferenceKernels::store_cache(const float* key, const float* value, const KeyValueView& cache,
                                   int kv_head, std::int64_t cell) const {
  const auto size = static_cast<std::size_t>(cache.head_dim);
  const CacheFormat format = cache_format(cache.dtype);
  const std::ptrdiff_t group = group_offset(cache, kv_head, cell);
  const int lane = static_cast<int>(cell % kCellGroup);
  std::vector<std::byte> row(row_bytes(cache.dtype, size));
  encode_row(cache.dtype, {key, size}, row.data());
  write_key(format, cache.head_dim, row.data(), cache.keys + group, lane);
  encode_row(cache.dtype, {value, size}, row.data());
  write_value(format, cache.head_dim, row.data(), cache.values + group, lane);
}

}  // namespace reference
}  // namespace tenon::kernels
