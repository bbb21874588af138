#pragma once

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/random.h"
#include "kernels/kernels.h"
#include "precision/block_formats.h"

/// Random weights and activations for tests of kernels, and the product in double with its error bound.
namespace tenon::kernels::samples {

inline std::vector<const Kernels*> fast_providers() {
  std::vector<const Kernels*> result;
  for (const ProviderState& state : providers())
    if (state.is_available && state.name != "reference")
      result.push_back(&select_kernels(state.name));
  return result;
}

inline std::vector<const Kernels*> all_providers() {
  std::vector<const Kernels*> result = fast_providers();
  result.push_back(&select_kernels("reference"));
  return result;
}

inline constexpr DType kWeightTypes[] = {
    DType::F32,  DType::F16,  DType::BF16, DType::Q4_0, DType::Q4_1, DType::Q5_0, DType::Q5_1,
    DType::Q8_0, DType::Q2_K, DType::Q3_K, DType::Q4_K, DType::Q5_K, DType::Q6_K, DType::IQ4_NL};

inline std::vector<float> random_floats(std::size_t size, std::string_view name,
                                        float scale = 1.0f) {
  const RandomStream stream(7, name);
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = scale * static_cast<float>(stream.normal(i));
  return values;
}

/// Byte offsets of the float16 scales and minima in a block.
inline std::vector<std::size_t> scale_offsets(DType dtype) {
  switch (dtype) {
    case DType::Q4_1:
    case DType::Q5_1:
    case DType::Q4_K:
    case DType::Q5_K:
      return {0, 2};
    case DType::Q2_K:
      return {80, 82};
    case DType::Q3_K:
      return {108};
    case DType::Q6_K:
      return {208};
    default:
      return {0};
  }
}

/// A weight of any type: every code pattern occurs, scales are of both signs and many magnitudes.
struct Weight {
  DType dtype;
  std::int64_t out_features, in_features;
  std::vector<std::byte> bytes;
  TensorView view() const { return {dtype, {out_features, in_features}, bytes.data()}; }
};

inline Weight random_weight(DType dtype, std::int64_t out_features, std::int64_t in_features,
                            std::uint64_t seed = 1) {
  const auto count = static_cast<std::size_t>(out_features * in_features);
  Weight weight{dtype, out_features, in_features, {}};
  weight.bytes.resize(static_cast<std::size_t>(out_features) *
                      row_bytes(dtype, static_cast<std::size_t>(in_features)));
  const RandomStream stream(seed, "weight");
  const auto half = [&](std::uint64_t index, std::byte* to) {
    // Magnitudes 2^-14 .. 2^-5, the size of real scales, now and then a denormal or zero.
    const std::uint64_t bits = stream.bits(index);
    std::uint16_t value = static_cast<std::uint16_t>((1 + bits % 9) << 10 | (bits >> 8 & 0x3FF));
    if (bits >> 32 & 1) value |= 0x8000;
    if ((bits >> 33 & 63) == 0) value &= 0x83FF;
    std::memcpy(to, &value, 2);
  };
  const DTypeInfo& info = dtype_info(dtype);
  if (!info.is_block_quantised) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto number = static_cast<float>(stream.normal(i));
      std::uint32_t bits;
      std::memcpy(&bits, &number, 4);
      if (dtype == DType::F32) std::memcpy(&weight.bytes[4 * i], &number, 4);
      if (dtype == DType::F16) half(i, &weight.bytes[2 * i]);
      if (dtype == DType::BF16)
        std::memcpy(&weight.bytes[2 * i], reinterpret_cast<char*>(&bits) + 2, 2);
    }
    return weight;
  }
  for (std::size_t i = 0; i < weight.bytes.size(); ++i)
    weight.bytes[i] = static_cast<std::byte>(stream.bits(i) & 0xFF);
  const auto bytes = static_cast<std::size_t>(info.block_bytes);
  for (std::size_t b = 0; b * bytes < weight.bytes.size(); ++b)
    for (const std::size_t offset : scale_offsets(dtype))
      half(2 * b + offset % 4 / 2, &weight.bytes[b * bytes + offset]);
  return weight;
}

/// Rows of activations prepared by a provider.
struct Activations {
  AlignedBuffer<std::byte> bytes;
  std::size_t row_bytes = 0;
  const std::byte* row(std::size_t r) const { return bytes.data() + r * row_bytes; }
};

inline Activations prepare(const Kernels& kernels, ActivationForm form, const float* input,
                           int rows, std::int64_t in_features) {
  Activations result;
  result.row_bytes = kernels.activation_row_bytes(form, in_features);
  result.bytes = AlignedBuffer<std::byte>(result.row_bytes * static_cast<std::size_t>(rows));
  std::memset(result.bytes.data(), 0xAA, result.bytes.size());
  kernels.prepare_activations(form, input, in_features, in_features, {0, rows},
                              result.bytes.data());
  return result;
}

/// All rows and columns at once.
inline std::vector<float> multiply(const Kernels& kernels, const MatmulWeight& weight,
                                   const std::byte* activations, int rows) {
  std::vector<float> output(static_cast<std::size_t>(rows * weight.out_features), -1e30f);
  kernels.matmul(weight, activations, rows, {0, weight.out_features}, output.data(),
                 weight.out_features);
  return output;
}

inline std::vector<float> dequantized(const Weight& weight) {
  std::vector<float> values(static_cast<std::size_t>(weight.out_features * weight.in_features));
  precision::dequantize(weight.dtype, weight.bytes.data(), values);
  return values;
}

/// sum |w a|, the scale of a sum's rounding error.
inline double magnitude(const float* weight, const float* activation, std::int64_t size) {
  double sum = 0.0;
  for (std::int64_t k = 0; k < size; ++k) sum += std::fabs(double{weight[k]} * activation[k]);
  return sum;
}

}  // namespace tenon::kernels::samples
