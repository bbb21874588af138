#include "conversion/compare_tensors.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>

#include "precision/block_formats.h"
#include "tensor/memory_weights.h"

using namespace tenon;
using namespace tenon::conversion;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

MemoryWeights of(const Shape& shape, std::vector<float> numbers) {
  MemoryWeights weights;
  weights.add("w", Tensor::from_floats(shape, numbers));
  return weights;
}

TensorDifference compare_two(const Shape& shape, std::vector<float> a, std::vector<float> b) {
  Team team(2);
  return compare_tensors(of(shape, std::move(a)), of(shape, std::move(b)), team).tensors.at(0);
}

}  // namespace

TEST_SUITE("compare_tensors") {
  TEST_CASE("equal weights are equal") {
    Team team(2);
    const MemoryWeights a = of({2, 3}, {1, 2, 3, 4, 5, kNan}),
                        b = of({2, 3}, {1, 2, 3, 4, 5, kNan});
    const TensorComparison result = compare_tensors(a, b, team);
    CHECK(result.is_equal());
    CHECK(result.tensors[0].max_difference == 0.0);
    CHECK(result.tensors[0].worst_index == -1);
    CHECK(result.tensors[0].elements == 6);
  }

  TEST_CASE("missing names and other shapes are listed, in order, and nothing else of them") {
    MemoryWeights a, b;
    const auto tensor = [](const Shape& shape) { return Tensor(DType::F32, shape); };
    a.add("both", Tensor::from_floats({1}, std::array{1.0f}));
    a.add("z", tensor({2}));
    a.add("a", tensor({2}));
    a.add("shape", tensor({2, 3}));
    b.add("y", tensor({2}));
    b.add("shape", tensor({3, 2}));
    b.add("both", Tensor::from_floats({1}, std::array{1.0f}));
    b.add("x", tensor({2}));
    Team team(1);
    const TensorComparison result = compare_tensors(a, b, team);
    CHECK(result.only_in_first == std::vector<std::string>{"z", "a"});
    CHECK(result.only_in_second == std::vector<std::string>{"y", "x"});
    REQUIRE(result.shapes.size() == 1);
    CHECK(result.shapes[0].name == "shape");
    CHECK(result.shapes[0].first == Shape{2, 3});
    CHECK(result.shapes[0].second == Shape{3, 2});
    CHECK(result.tensors.size() == 1);
    CHECK_FALSE(result.is_equal());
  }

  TEST_CASE("each kind of difference alone makes the comparison unequal") {
    Team team(1);
    MemoryWeights empty, one;
    one.add("w", Tensor::from_floats({1}, std::array{1.0f}));
    CHECK(compare_tensors(empty, empty, team).is_equal());
    CHECK_FALSE(compare_tensors(one, empty, team).is_equal());
    CHECK_FALSE(compare_tensors(empty, one, team).is_equal());
    CHECK_FALSE(compare_tensors(of({1, 1}, {1}), one, team).is_equal());
    CHECK_FALSE(compare_tensors(of({1}, {2}), one, team).is_equal());
    CHECK(compare_tensors(of({1}, {1}), one, team).is_equal());
  }

  TEST_CASE("largest, rms and relative difference, and where") {
    const auto result = compare_two({2, 2}, {1, 2, 3, 4}, {1, 2.5f, 3, 2});
    CHECK(result.max_difference == 2.0);
    CHECK(result.worst_index == 3);
    CHECK(result.differing == 2);
    CHECK(result.rms_difference == doctest::Approx(std::sqrt((0.25 + 4) / 4)));
    CHECK(result.relative_rms_difference == doctest::Approx(std::sqrt(4.25 / 30)));
  }

  TEST_CASE("signs of zero do not matter; against all zeros the relative difference is infinite") {
    CHECK(compare_two({2}, {0.0f, -0.0f}, {-0.0f, 0.0f}).differing == 0);
    CHECK(std::isinf(compare_two({2}, {0, 0}, {0, 1}).relative_rms_difference));
    CHECK(compare_two({2}, {0, 0}, {0, 0}).relative_rms_difference == 0.0);
  }

  TEST_CASE("NaN is counted by side, differs from numbers, and stays out of the sums") {
    const auto result = compare_two({5}, {kNan, kNan, 1, 2, 3}, {kNan, 1, kNan, 2, 4});
    CHECK(result.first_nan == 2);
    CHECK(result.second_nan == 2);
    CHECK(result.unmatched_nan == 2);
    CHECK(result.differing == 3);
    CHECK(result.max_difference == 1.0);
    CHECK(result.worst_index == 4);
    CHECK(result.rms_difference == doctest::Approx(std::sqrt(0.5)));  // of the two that are numbers
    const auto all = compare_two({2}, {kNan, kNan}, {kNan, kNan});
    CHECK(all.differing == 0);
    CHECK(all.rms_difference == 0.0);
  }

  TEST_CASE("equal infinities are equal, others are infinitely far") {
    const float infinity = HUGE_VALF;
    const auto equal = compare_two({2}, {infinity, -infinity}, {infinity, -infinity});
    CHECK(equal.differing == 0);
    CHECK(equal.max_difference == 0.0);
    CHECK(equal.relative_rms_difference == 0.0);
    const auto one = compare_two({2}, {1, infinity}, {1, 5});
    CHECK(std::isinf(one.max_difference));
    CHECK(one.worst_index == 1);
    CHECK(std::isinf(one.relative_rms_difference));
    CHECK(std::isinf(compare_two({1}, {infinity}, {-infinity}).max_difference));
  }

  TEST_CASE("storage types are compared by their numbers, with any team") {
    std::vector<float> numbers(64 * 64);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = std::sin(static_cast<float>(i));
    MemoryWeights plain, quantised;
    plain.add("w", Tensor::from_floats({64, 64}, numbers));
    Tensor stored(DType::Q8_0, {64, 64});
    precision::quantize(DType::Q8_0, numbers, stored.data());
    std::vector<float> back(numbers.size());
    precision::dequantize(DType::Q8_0, stored.data(), back);
    quantised.add("w", std::move(stored));
    double misses = 0, largest = 0;
    std::int64_t worst = 0;
    for (std::size_t i = 0; i < back.size(); ++i) {
      const double miss = std::fabs(double{numbers[i]} - double{back[i]});
      misses += miss * miss;
      if (miss > largest) largest = miss, worst = static_cast<std::int64_t>(i);
    }
    Team one(1), three(3);
    const auto result = compare_tensors(plain, quantised, one).tensors.at(0);
    CHECK(result.first_dtype == DType::F32);
    CHECK(result.second_dtype == DType::Q8_0);
    CHECK(result.max_difference == largest);
    CHECK(result.worst_index == worst);
    CHECK(result.rms_difference == doctest::Approx(std::sqrt(misses / back.size())).epsilon(1e-12));
    const auto again = compare_tensors(plain, quantised, three).tensors.at(0);
    CHECK(again.rms_difference == result.rms_difference);
    CHECK(again.worst_index == result.worst_index);
  }
}
