#include "normalization/rms_norm.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

using tenon::AlignedBuffer;
using tenon::RandomStream;
using tenon::kernels::Kernels;
using tenon::normalization::RmsNorm;

namespace {

RmsNorm random_norm(std::size_t size) {
  RmsNorm norm{.weight = AlignedBuffer<float>(size), .epsilon = 0.01f};
  const RandomStream random(1, "weight");
  for (std::size_t i = 0; i < size; ++i) norm.weight[i] = static_cast<float>(random.normal(i));
  return norm;
}

std::vector<float> random_values(std::size_t size) {
  const RandomStream random(2, "values");
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<float>(random.normal(i));
  return values;
}

std::vector<const Kernels*> available_kernels() {
  std::vector<const Kernels*> result;
  for (const auto& provider : tenon::kernels::providers())
    if (provider.is_available) result.push_back(&tenon::kernels::select_kernels(provider.name));
  return result;
}

}  // namespace

TEST_SUITE("normalization") {
  TEST_CASE("rms_norm divides by the root mean square and multiplies by the weight") {
    for (const Kernels* kernels : available_kernels())
      for (const std::size_t size : {1, 7, 16, 33, 576}) {
        CAPTURE(kernels->name());
        CAPTURE(size);
        const RmsNorm norm = random_norm(size);
        const std::vector<float> input = random_values(size);
        double squares = 0.0;
        for (const float value : input) squares += static_cast<double>(value) * value;
        const double scale = 1.0 / std::sqrt(squares / static_cast<double>(size) + 0.01f);
        std::vector<float> output(size);
        norm.apply(*kernels, input.data(), output.data());
        for (std::size_t i = 0; i < size; ++i)
          CHECK(output[i] == doctest::Approx(input[i] * scale * norm.weight[i]).epsilon(1e-6));
      }
  }

  TEST_CASE("groups are normalised each by itself, in place, to the same bits") {
    for (const Kernels* kernels : available_kernels()) {
      CAPTURE(kernels->name());
      const RmsNorm norm = random_norm(24);
      const std::vector<float> input = random_values(5 * 24);
      std::vector<float> together = input, alone(input.size());
      norm.apply_groups(*kernels, 5, together.data());
      for (std::size_t group = 0; group < 5; ++group)
        norm.apply(*kernels, input.data() + group * 24, alone.data() + group * 24);
      CHECK(together == alone);
    }
  }

  TEST_CASE("a norm without weights is absent") {
    CHECK_FALSE(RmsNorm{}.is_present());
    CHECK(random_norm(3).is_present());
  }
}
