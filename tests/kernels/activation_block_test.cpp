// Activations in 8-bit blocks at the edges of what a block can hold.
#include "kernels/activation_block.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "product_parity.h"

using namespace tenon;
using namespace tenon::kernels;
using namespace tenon::kernels::samples;

namespace {

constexpr float kLargest = std::numeric_limits<float>::max();
constexpr float kDenormal = std::numeric_limits<float>::denorm_min();

struct Pattern {
  std::string name;
  std::vector<float> values;  // repeated over a row
};

std::vector<float> scaled(std::vector<float> values, float factor, float offset = 0.0f) {
  for (float& value : values) value = value * factor + offset;
  return values;
}

// `count` neighbouring floats from `first` on, the spread of a block that the middle hardly divides.
std::vector<float> neighbours(float first, int count) {
  std::vector<float> values = {first};
  while (static_cast<int>(values.size()) < count)
    values.push_back(std::nextafter(values.back(), kLargest));
  return values;
}

std::vector<Pattern> patterns() {
  const std::vector<float> normal = random_floats(67, "edge");  // 67: blocks differ
  std::vector<float> positive = normal, with_zeros = normal;
  for (float& value : positive) value = std::fabs(value) + 1.0f;
  for (std::size_t i = 0; i < with_zeros.size(); i += 2) with_zeros[i] = i % 4 == 0 ? -0.0f : 0.0f;
  std::vector<Pattern> result = {
      {"zeros", {0.0f}},
      {"minus zeros", {-0.0f}},
      {"zeros, a minus zero first", {-0.0f, 0.0f, 0.0f}},
      {"zeros, a minus zero later", {0.0f, 0.0f, 0.0f, -0.0f, 0.0f}},
      {"smallest denormals", {kDenormal, 0.0f, -kDenormal}},
      {"negative denormals", {-kDenormal, -0.0f}},
      {"constant", {1.37f}},
      {"negative constant", {-2.9e-3f}},
      {"largest constant", {kLargest}},
      {"tiny", scaled(normal, 1e-38f)},
      {"just too close", {0.0f, 1.999f * kSmallestActivation}},
      {"just far enough", {0.0f, 2.0f * kSmallestActivation}},
      {"huge", scaled(normal, 5e37f)},
      {"both ends of float32", {kLargest, -kLargest, 1.0f}},
      {"one end", {kLargest, 0.0f, 3e38f, 1e38f}},
      {"the other", {-3e38f, -kLargest, -1e-30f}},
      {"positive", positive},
      {"negative", scaled(positive, -0.01f)},
      {"far from zero", scaled(normal, 1e-3f, 1e3f)},
      {"with zeros of both signs", with_zeros},
      {"one large among small", {1e-3f, -2e-3f, 3e-3f, 400.0f, 0.0f, -1e-3f, 5e-4f}},
  };
  for (const int count : {2, 3, 4, 5, 8, 31})
    for (const float first : {1.0f, -1.0f, 1e6f + 0.0625f, 1e-20f})
      result.push_back({std::to_string(count) + " neighbours of " + std::to_string(first),
                        neighbours(first, count)});
  return result;
}

std::vector<float> rows_of(const Pattern& pattern, std::size_t rows, std::size_t in_features) {
  std::vector<float> input(rows * in_features);
  for (std::size_t i = 0; i < input.size(); ++i)
    input[i] = pattern.values[(i + i / in_features) % pattern.values.size()];
  return input;
}

ActivationBlock block_of(const Activations& prepared, std::size_t row, std::size_t block) {
  ActivationBlock result;
  std::memcpy(&result, prepared.row(row) + block * sizeof result, sizeof result);
  return result;
}

}  // namespace

TEST_SUITE("activation blocks") {
  TEST_CASE("every provider makes the same bytes of blocks of every kind") {
    const Kernels& reference = select_kernels("reference");
    for (const Pattern& pattern : patterns())
      for (const std::int64_t size : {1, 15, 16, 17, 31, 32, 33, 63, 64, 96, 127, 160, 577}) {
        INFO(pattern.name, ", ", size, " numbers");
        const std::vector<float> input = rows_of(pattern, 2, static_cast<std::size_t>(size));
        const Activations expected =
            prepare(reference, ActivationForm::Int8x32, input.data(), 2, size);
        for (const Kernels* kernels : fast_providers()) {
          const Activations own = prepare(*kernels, ActivationForm::Int8x32, input.data(), 2, size);
          for (std::size_t r = 0; r < 2; ++r)
            CHECK(std::memcmp(own.row(r), expected.row(r),
                              activation_blocks(size) * sizeof(ActivationBlock)) == 0);
        }
      }
  }

  TEST_CASE("a block is within half a step of its numbers, and its sums are those of its codes") {
    constexpr std::size_t kSize = 576;
    for (const Pattern& pattern : patterns()) {
      INFO(pattern.name);
      const std::vector<float> input = rows_of(pattern, 1, kSize);
      const Activations prepared =
          prepare(select_kernels("reference"), ActivationForm::Int8x32, input.data(), 1, kSize);
      for (std::size_t b = 0; b < kSize / 32; ++b) {
        const ActivationBlock block = block_of(prepared, 0, b);
        CHECK(std::isfinite(block.scale));
        CHECK_FALSE(std::signbit(block.scale));
        CHECK_FALSE((block.middle == 0.0f && std::signbit(block.middle)));
        int sums[2] = {0, 0};
        double total = 0.0, total_magnitude = 0.0;
        for (std::size_t i = 0; i < 32; ++i) {
          const float value = input[32 * b + i];
          const double held = block.middle + double{block.scale} * block.values[i];
          const double error = std::fabs(held - value);
          total += held;
          total_magnitude += std::fabs(held);
          // The middle and the distance from it are rounded to float32; below kSmallestActivation nothing
          // is told apart.
          CHECK(error <= 0.5 * block.scale * 1.0001 + 0x1p-23 * std::fabs(double{value}) +
                             double{kSmallestActivation});
          CHECK(block.values[i] >= -127);
          sums[i / 16] += block.values[i];
        }
        const int sum = sums[0] + sums[1];
        CHECK(block.offset8 == -8 * sum);
        CHECK(block.offset16 == -16 * sum);
        CHECK(block.offset128 == -128 * sum);
        CHECK(block.offset32_half[0] == -32 * sums[0]);
        CHECK(block.offset32_half[1] == -32 * sums[1]);
        if (std::fabs(total) > kLargest)
          CHECK(block.sum == (total > 0 ? INFINITY : -INFINITY));
        else
          CHECK(std::fabs(block.sum - total) <= 0x1p-22 * total_magnitude + 0x1p-145);
      }
    }
  }

  TEST_CASE("products of such blocks are those of their numbers in double") {
    for (const Kernels* kernels : all_providers())
      for (const Pattern& pattern : patterns()) {
        const double largest = std::fabs(*std::ranges::max_element(
            pattern.values, {}, [](float value) { return std::fabs(value); }));
        if (largest > 1e36) continue;  // sums of 512 overflow float32
        INFO(pattern.name);
        for (const DType dtype :
             {DType::Q4_0, DType::Q4_1, DType::Q5_0, DType::Q5_1, DType::Q8_0, DType::IQ4_NL,
              DType::Q2_K, DType::Q3_K, DType::Q4_K, DType::Q5_K, DType::Q6_K})
          check_parity(*kernels, {dtype, 17, 512}, Precision::Fast, 3, rows_of(pattern, 3, 512));
      }
  }
}
