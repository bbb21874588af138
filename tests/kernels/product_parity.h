#pragma once

#include <doctest/doctest.h>

#include <span>

#include "kernels/activation_block.h"
#include "samples.h"

/// Products of a provider against sums in double.
namespace tenon::kernels::samples {

/// Every weight type with shapes at the edges of tiles (16 columns) and blocks.
struct Case {
  DType dtype;
  std::int64_t out_features, in_features;
};

inline std::vector<Case> cases(std::span<const DType> dtypes = kWeightTypes) {
  std::vector<Case> result;
  for (const DType dtype : dtypes) {
    const int block = dtype_info(dtype).block_elements;
    std::vector<std::int64_t> inputs = {block, 2 * block, 3 * block, 1024 + block};
    if (block == 1) inputs = {1, 2, 31, 64, 577};
    if (block == 32) inputs.push_back(2112);  // more than one visit of the first-level cache
    const std::int64_t outputs[] = {1, 15, 16, 17, 33, 80};
    for (std::size_t i = 0; i < inputs.size(); ++i)
      for (std::size_t j = i % 2; j < 6; j += 2) result.push_back({dtype, outputs[j], inputs[i]});
  }
  return result;
}

inline std::string describe(const Kernels& kernels, const Case& item) {
  return std::string(kernels.name()) + " " + std::string(dtype_name(item.dtype)) + " [" +
         std::to_string(item.out_features) + ", " + std::to_string(item.in_features) + "]";
}

/// The activations as they enter a provider's product: rounded the way it says.
inline std::vector<float> entering(const Kernels& reference, ActivationForm form,
                                   std::vector<float> input, std::int64_t in_features) {
  if (form == ActivationForm::Float32) return input;
  const int rows = static_cast<int>(static_cast<std::int64_t>(input.size()) / in_features);
  const Activations prepared = prepare(reference, form, input.data(), rows, in_features);
  for (std::size_t i = 0; i < input.size(); ++i) {
    const auto k = i % static_cast<std::size_t>(in_features);
    const std::byte* row = prepared.row(i / static_cast<std::size_t>(in_features));
    if (form == ActivationForm::BFloat16) {
      std::uint32_t bits = 0;
      std::memcpy(reinterpret_cast<char*>(&bits) + 2, row + 2 * k, 2);
      std::memcpy(&input[i], &bits, 4);
    } else {
      ActivationBlock block;
      std::memcpy(&block, row + k / 32 * sizeof block, sizeof block);
      input[i] = block.middle + block.scale * block.values[k % 32];
    }
  }
  return input;
}

inline bool has_minimum(DType dtype) {
  return dtype == DType::Q4_1 || dtype == DType::Q5_1 || dtype == DType::Q2_K ||
         dtype == DType::Q4_K || dtype == DType::Q5_K;
}

/// The product with `input` against the sum in double of what enters it.
inline void check_parity(const Kernels& kernels, const Case& item, Precision precision, int rows,
                         const std::vector<float>& input) {
  const Kernels& reference = select_kernels("reference");
  const Weight weight = random_weight(item.dtype, item.out_features, item.in_features);
  const auto prepared_weight = kernels.prepare_weight(weight.view(), precision);
  const ActivationForm form = kernels.activation_form(*prepared_weight);
  const Activations activations = prepare(kernels, form, input.data(), rows, item.in_features);
  const std::vector<float> output =
      multiply(kernels, *prepared_weight, activations.bytes.data(), rows);

  const std::vector<float> entered = entering(reference, form, input, item.in_features);
  const std::vector<float> numbers = dequantized(weight);
  int wrong = 0;
  for (int r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < item.out_features; ++c) {
      const float* w = numbers.data() + c * item.in_features;
      const float* a = entered.data() + r * item.in_features;
      double expected = 0.0;
      for (std::int64_t k = 0; k < item.in_features; ++k) expected += double{w[k]} * a[k];
      // Float32 sums in one chain: at most one rounding a term. Code and scale are multiplied in another
      // order than by dequantising: three roundings more.
      const double terms = form == ActivationForm::Int8x32 ? double(item.in_features) / 16 + 4
                                                           : double(item.in_features) + 4;
      double limit = magnitude(w, a, item.in_features) * terms * 0x1p-24 + 1e-30;
      // Where scale * code and a minimum cancel, the parts are larger than the weight.
      if (has_minimum(item.dtype)) limit *= 8;
      const double difference =
          std::fabs(expected - output[static_cast<std::size_t>(r * item.out_features + c)]);
      if (!(difference <= limit)) ++wrong;
    }
  CHECK_MESSAGE(wrong == 0, describe(kernels, item), " rows ", rows, ": ", wrong,
                " outputs differ");
}

inline void check_parity(const Kernels& kernels, const Case& item, Precision precision, int rows) {
  check_parity(kernels, item, precision, rows,
               random_floats(static_cast<std::size_t>(rows * item.in_features), "input"));
}

}  // namespace tenon::kernels::samples
