#include <doctest/doctest.h>

#include <limits>

#include "samples.h"

using namespace tenon;
using namespace tenon::kernels;
using namespace tenon::kernels::samples;

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// 0 .. two vectors of any processor and one more, then real sizes.
std::vector<std::int64_t> sizes() {
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i <= 33; ++i) result.push_back(i);
  for (const std::int64_t i : {63, 64, 65, 127, 128, 129, 576, 1536}) result.push_back(i);
  return result;
}

bool within(double value, double expected, double relative) {
  return std::fabs(value - expected) <= relative * std::fabs(expected) + 1e-37;
}

}  // namespace

TEST_SUITE("elementwise") {
  TEST_CASE("rms_norm divides by the root of the mean square") {
    for (const Kernels* kernels : all_providers())
      for (const std::int64_t size : sizes()) {
        if (size == 0) continue;
        const auto count = static_cast<std::size_t>(size);
        const std::vector<float> input = random_floats(count, "input", 3.0f);
        const std::vector<float> weight = random_floats(count, "weight");
        std::vector<float> output(count + 1, -7.0f);
        kernels->rms_norm(input.data(), weight.data(), size, {.epsilon = 1e-5f}, output.data());
        double squares = 0.0;
        for (const float x : input) squares += double{x} * x;
        const double scale = 1.0 / std::sqrt(squares / static_cast<double>(size) + 1e-5f);
        for (std::size_t i = 0; i < count; ++i)
          CHECK(within(output[i], input[i] * scale * weight[i], 1e-6));
        CHECK(output[count] == -7.0f);
      }
  }

  TEST_CASE("add and silu_multiply follow their definitions and write no further than told") {
    for (const Kernels* kernels : all_providers())
      for (const std::int64_t size : sizes()) {
        const auto count = static_cast<std::size_t>(size);
        const std::vector<float> gate = random_floats(count + 1, "gate", 5.0f);
        const std::vector<float> up = random_floats(count + 1, "up");
        std::vector<float> sum = up;
        kernels->add(gate.data(), size, sum.data());
        std::vector<float> output(count + 1, -7.0f);
        kernels->silu_multiply(gate.data(), up.data(), size, output.data());
        for (std::size_t i = 0; i < count; ++i) {
          CHECK(sum[i] == gate[i] + up[i]);
          const double x = gate[i];
          CHECK(within(output[i], x / (1.0 + std::exp(-x)) * up[i], 4 * 0x1p-23));
        }
        CHECK(sum[count] == up[count]);
        CHECK(output[count] == -7.0f);
        std::vector<float> in_place = gate;
        kernels->silu_multiply(in_place.data(), up.data(), size, in_place.data());
        for (std::size_t i = 0; i < count; ++i) CHECK(in_place[i] == output[i]);
      }
  }

  TEST_CASE("silu is accurate from where it vanishes to where it is the identity") {
    const std::vector<float> up(2001, 1.0f);
    std::vector<float> gate(2001), output(2001);
    for (int i = 0; i <= 2000; ++i)
      gate[static_cast<std::size_t>(i)] = static_cast<float>(i - 1000) / 8.0f;
    for (const Kernels* kernels : all_providers()) {
      kernels->silu_multiply(gate.data(), up.data(), 2001, output.data());
      for (std::size_t i = 0; i < 2001; ++i) {
        const double x = gate[i];
        const double expected = x / (1.0 + std::exp(-x));
        // Below 2^-126 the quotient may lose its last bits.
        CHECK(std::fabs(output[i] - expected) <= 4 * 0x1p-24 * std::fabs(expected) + 0x1p-120);
      }
      const std::vector<float> extremes = {kInfinity, -1e30f, 1e30f, kNaN, 0.0f, -0.0f};
      std::vector<float> results(6);
      kernels->silu_multiply(extremes.data(), up.data(), 6, results.data());
      CHECK(results[0] == kInfinity);
      CHECK(results[1] == 0.0f);
      CHECK(results[2] == 1e30f);
      CHECK(std::isnan(results[3]));
      CHECK(results[4] == 0.0f);
      CHECK(std::signbit(results[5]));
    }
  }

  TEST_CASE("a number has the same bits at any place of an elementwise operation") {
    for (const Kernels* kernels : all_providers()) {
      std::vector<float> gate(100, 1.2345f), up(100, -0.777f), output(100);
      kernels->silu_multiply(gate.data(), up.data(), 100, output.data());
      for (const float value : output) CHECK(std::memcmp(&value, output.data(), 4) == 0);
    }
  }

  TEST_CASE("argmax gives the first of the largest numbers") {
    for (const Kernels* kernels : all_providers())
      for (const std::int64_t size : sizes()) {
        if (size == 0) continue;
        std::vector<float> values = random_floats(static_cast<std::size_t>(size), "logits");
        for (std::int64_t i = 0; i < size; ++i) {
          const auto at = static_cast<std::size_t>(i);
          const float kept = values[at];
          values[at] = 100.0f;
          CHECK(kernels->argmax(values.data(), size) == i);
          values.back() = 100.0f;  // a later equal one does not win
          CHECK(kernels->argmax(values.data(), size) == i);
          values = random_floats(static_cast<std::size_t>(size), "logits");
          values[at] = kept;
        }
        const std::vector<float> equal(static_cast<std::size_t>(size), -3.0f);
        CHECK(kernels->argmax(equal.data(), size) == 0);
      }
  }

  TEST_CASE("NaN never wins argmax, and minus infinity beats it") {
    for (const Kernels* kernels : all_providers()) {
      std::vector<float> values(40, kNaN);
      CHECK(kernels->argmax(values.data(), 40) == 0);
      values[23] = -kInfinity;
      CHECK(kernels->argmax(values.data(), 40) == 23);
      values[7] = -kInfinity;
      CHECK(kernels->argmax(values.data(), 40) == 7);
      values[31] = 0.0f;
      CHECK(kernels->argmax(values.data(), 40) == 31);
      values[2] = kInfinity;
      CHECK(kernels->argmax(values.data(), 40) == 2);
    }
  }

  TEST_CASE("the cache stores 16-bit numbers to nearest even in every provider") {
    std::vector<float> values = random_floats(4000, "numbers", 10.0f);
    for (std::size_t i = 0; i < 2000; ++i) {
      const auto bits = static_cast<std::uint32_t>(RandomStream(5, "bits").bits(i));
      std::memcpy(&values[i], &bits, 4);  // every exponent, NaN and infinities
    }
    const float edges[] = {0.0f,     -0.0f,    65504.0f,   65519.0f,     65520.0f, 1.00048828125f,
                           0x1p-24f, 0x1p-25f, 0x1.8p-25f, 0x1.ffcp-15f, 3.4e38f,  kInfinity};
    values.insert(values.end(), edges, edges + 12);
    const auto size = static_cast<std::int64_t>(values.size());
    for (const DType dtype : {DType::F16, DType::BF16}) {
      std::vector<std::uint16_t> expected(values.size());
      select_kernels("reference")
          .narrow(values.data(), size, dtype, reinterpret_cast<std::byte*>(expected.data()));
      for (std::size_t i = 0; i < values.size(); ++i) {
        // Nearest: no neighbour is closer.
        float stored[3];
        std::uint16_t around[3] = {static_cast<std::uint16_t>(expected[i] - 1), expected[i],
                                   static_cast<std::uint16_t>(expected[i] + 1)};
        precision::dequantize(dtype, reinterpret_cast<const std::byte*>(around), stored);
        if (std::isnan(values[i])) {
          CHECK(std::isnan(stored[1]));
          continue;
        }
        if (!std::isfinite(stored[1])) continue;
        const double error = std::fabs(double{stored[1]} - values[i]);
        for (const float neighbour : {stored[0], stored[2]}) {
          const double other = std::fabs(double{neighbour} - values[i]);
          if (std::isnan(other)) continue;
          CHECK(error <= other);
          if (error == other) CHECK(expected[i] % 2 == 0);
        }
      }
      for (const Kernels* kernels : fast_providers()) {
        std::vector<std::uint16_t> own(values.size());
        kernels->narrow(values.data(), size, dtype, reinterpret_cast<std::byte*>(own.data()));
        CHECK(own == expected);
      }
    }
  }
}
