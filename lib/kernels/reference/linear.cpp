#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/activation_block.h"
#include "kernels/provider.h"
#include "kernels/reference/reference.h"
#include "precision/block_formats.h"

namespace tenon::kernels::reference {

ReferenceWeight::ReferenceWeight(const TensorView& view, Precision weight_precision)
    : weight(view), precision(weight_precision) {
  out_features = view.shape[0];
  in_features = view.shape[1];
  dtype = view.dtype;
  bytes_read = view.bytes();
}

std::unique_ptr<MatmulWeight> ReferenceKernels::place_weight(const TensorView& weight,
                                                             Precision precision, bool) const {
  check_weight(weight);
  return std::make_unique<ReferenceWeight>(weight, precision);
}

ActivationForm ReferenceKernels::activation_form(const MatmulWeight& weight) const {
  const auto& own = static_cast<const ReferenceWeight&>(weight);
  const bool is_quantised = dtype_info(own.dtype).is_block_quantised;
  return is_quantised && own.precision == Precision::Fast ? ActivationForm::Int8x32
                                                          : ActivationForm::Float32;
}

std::size_t ReferenceKernels::activation_row_bytes(ActivationForm form,
                                                   std::int64_t in_features) const {
  const auto size = static_cast<std::size_t>(in_features);
  switch (form) {
    case ActivationForm::Float32:
      return skewed_row_bytes(size * sizeof(float));
    case ActivationForm::BFloat16:
      return skewed_row_bytes(size * 2);
    case ActivationForm::Int8x32:
      return skewed_row_bytes(activation_blocks(in_features) * sizeof(ActivationBlock));
  }
  return 0;
}

void quantize_activation_block(const float* input, int size, std::byte* destination) {
  ActivationBlock block = {};
  float smallest = size > 0 ? input[0] : 0.0f, largest = smallest;
  bool is_finite = true;
  for (int i = 0; i < size; ++i) {
    is_finite = is_finite && std::isfinite(input[i]);
    smallest = std::min(smallest, input[i]);
    largest = std::max(largest, input[i]);
  }
  if (!is_finite) {
    block.scale = block.middle = block.sum = std::nanf("");
  } else {
    block.middle = 0.5f * smallest + 0.5f * largest + 0.0f;  // -0 + 0 = +0
    const float reach = 0.5f * largest - 0.5f * smallest;
    int half_sums[2] = {0, 0};
    if (reach >= kSmallestActivation) {
      block.scale = reach / 127.0f;
      const float inverse = 127.0f / reach;
      for (int i = 0; i < size; ++i) {
        const float steps = std::nearbyint((input[i] - block.middle) * inverse);
        const int value = static_cast<int>(std::clamp(steps, -127.0f, 127.0f));
        block.values[i] = static_cast<std::int8_t>(value);
        half_sums[i / 16] += value;
      }
    }
    const int sum = half_sums[0] + half_sums[1];
    // The mean first: parts beyond float32 would cancel to NaN.
    block.sum = 32.0f * (block.scale * (static_cast<float>(sum) / 32.0f) + block.middle);
    block.offset8 = -8 * sum;
    block.offset16 = -16 * sum;
    block.offset128 = -128 * sum;
    for (int half = 0; half < 2; ++half) block.offset32_half[half] = -32 * half_sums[half];
  }
  std::memcpy(destination, &block, sizeof block);
}

namespace {

void quantize_row(const float* input, std::int64_t in_features, std::byte* destination) {
  const auto blocks = static_cast<std::int64_t>(activation_blocks(in_features));
  for (std::int64_t b = 0; b < blocks; ++b) {
    const std::int64_t begin = b * kActivationBlock;
    const auto size = std::clamp<std::int64_t>(in_features - begin, 0, kActivationBlock);
    quantize_activation_block(input + std::min(begin, in_features), static_cast<int>(size),
                              destination + b * static_cast<std::int64_t>(sizeof(ActivationBlock)));
  }
}

// The prepared row as the numbers that enter the product.
std::vector<double> activation_values(ActivationForm form, const std::byte* row,
                                      std::int64_t in_features) {
  std::vector<double> values(static_cast<std::size_t>(in_features));
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (form == ActivationForm::Float32) {
      float value = 0.0f;
      std::memcpy(&value, row + k * sizeof value, sizeof value);
      values[k] = value;
    } else {
      ActivationBlock block;
      std::memcpy(&block, row + k / kActivationBlock * sizeof block, sizeof block);
      values[k] =
          block.middle + static_cast<double>(block.scale) * block.values[k % kActivationBlock];
    }
  }
  return values;
}

}  // namespace

void ReferenceKernels::prepare_activations(ActivationForm form, const float* input,
                                           std::ptrdiff_t input_stride, std::int64_t in_features,
                                           Range rows, std::byte* destination) const {
  const std::size_t bytes = activation_row_bytes(form, in_features);
  const auto size = static_cast<std::size_t>(in_features);
  for (std::ptrdiff_t r = rows.begin; r < rows.end; ++r) {
    const float* source = input + r * input_stride;
    std::byte* row = destination + static_cast<std::size_t>(r) * bytes;
    std::memset(row, 0, bytes);
    if (form == ActivationForm::Float32) std::memcpy(row, source, size * sizeof(float));
    if (form == ActivationForm::BFloat16) narrow(source, in_features, DType::BF16, row);
    if (form == ActivationForm::Int8x32) quantize_row(source, in_features, row);
  }
}

void ReferenceKernels::matmul(const MatmulWeight& weight, const std::byte* activations, int rows,
                              Range columns, float* output, std::ptrdiff_t output_stride) const {
  const auto& own = static_cast<const ReferenceWeight&>(weight);
  const ActivationForm form = activation_form(weight);
  const std::size_t bytes = activation_row_bytes(form, own.in_features);
  std::vector<std::vector<double>> inputs;
  for (int r = 0; r < rows; ++r)
    inputs.push_back(activation_values(form, activations + static_cast<std::size_t>(r) * bytes,
                                       own.in_features));
  std::vector<float> column(static_cast<std::size_t>(own.in_features));
  for (std::ptrdiff_t c = columns.begin; c < columns.end; ++c) {
    precision::dequantize(own.dtype, own.weight.row(c), column);
    for (int r = 0; r < rows; ++r) {
      const std::vector<double>& input = inputs[static_cast<std::size_t>(r)];
      double sum = 0.0;
      for (std::size_t k = 0; k < column.size(); ++k) sum += input[k] * column[k];
      output[r * output_stride + c] = static_cast<float>(sum);
    }
  }
}

}  // namespace tenon::kernels::reference
