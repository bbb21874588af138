#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "product_parity.h"

using namespace tenon;
using namespace tenon::kernels;
using namespace tenon::kernels::samples;

TEST_SUITE("matmul") {
  TEST_CASE("every provider multiplies every weight type as double arithmetic does") {
    for (const Kernels* kernels : all_providers())
      for (const Case& item : cases())
        for (const int rows : {1, 3, 17}) check_parity(*kernels, item, Precision::Fast, rows);
  }

  TEST_CASE("every row count of a micro-kernel is right") {
    for (const Kernels* kernels : fast_providers())
      for (const DType dtype : kWeightTypes)
        for (int rows = 1; rows <= 40; ++rows)
          check_parity(*kernels, {dtype, 33, 512}, Precision::Fast, rows);
  }

  TEST_CASE("exact precision multiplies the dequantised weights with unrounded activations") {
    for (const Kernels* kernels : all_providers())
      for (const Case& item : cases())
        for (const int rows : {1, 18}) check_parity(*kernels, item, Precision::Exact, rows);
  }

  TEST_CASE("providers quantise activations to the same blocks, bit for bit") {
    const Kernels& reference = select_kernels("reference");
    for (const std::int64_t size : {1, 31, 32, 33, 64, 65, 576}) {
      std::vector<float> input = random_floats(static_cast<std::size_t>(3 * size), "activations");
      for (std::size_t i = 0; i < input.size(); i += 7) input[i] *= 1e-3f;
      input[0] = 0.0f;
      input[input.size() / 2] = 1e30f;
      const Activations expected =
          prepare(reference, ActivationForm::Int8x32, input.data(), 3, size);
      const Activations rounded =
          prepare(reference, ActivationForm::BFloat16, input.data(), 3, size);
      for (const Kernels* kernels : fast_providers()) {
        const Activations own = prepare(*kernels, ActivationForm::Int8x32, input.data(), 3, size);
        REQUIRE(own.row_bytes == expected.row_bytes);
        const std::size_t used = activation_blocks(size) * sizeof(ActivationBlock);
        for (std::size_t r = 0; r < 3; ++r)
          CHECK(std::memcmp(own.row(r), expected.row(r), used) == 0);
        const Activations own_rounded =
            prepare(*kernels, ActivationForm::BFloat16, input.data(), 3, size);
        for (std::size_t r = 0; r < 3; ++r)
          CHECK(std::memcmp(own_rounded.row(r), rounded.row(r),
                            static_cast<std::size_t>(2 * size)) == 0);
      }
    }
  }

  TEST_CASE("8-bit activations are off by at most half a step of their block") {
    const std::vector<float> input = random_floats(640, "steps");
    const std::vector<float> rounded =
        entering(select_kernels("reference"), ActivationForm::Int8x32, input, 640);
    for (std::size_t b = 0; b < 20; ++b) {
      const auto [smallest, largest] =
          std::minmax_element(input.begin() + 32 * static_cast<std::ptrdiff_t>(b),
                              input.begin() + 32 * static_cast<std::ptrdiff_t>(b) + 32);
      for (std::size_t i = 32 * b; i < 32 * b + 32; ++i)
        CHECK(std::fabs(input[i] - rounded[i]) <= (*largest - *smallest) / 508.0f * 1.0001f);
    }
  }

  TEST_CASE("a NaN or an infinity in a row reaches every output of that row and of no other") {
    for (const Kernels* kernels : all_providers())
      for (const DType dtype : {DType::Q4_1, DType::Q8_0, DType::Q6_K}) {
        const Weight weight = random_weight(dtype, 17, 512);
        const auto prepared = kernels->prepare_weight(weight.view(), Precision::Fast);
        std::vector<float> input = random_floats(3 * 512, "poison");
        const auto form = kernels->activation_form(*prepared);
        const Activations clean = prepare(*kernels, form, input.data(), 3, 512);
        const std::vector<float> expected = multiply(*kernels, *prepared, clean.bytes.data(), 3);
        for (const float poison : {std::nanf(""), INFINITY, -INFINITY}) {
          input[512 + 37] = poison;
          const Activations activations = prepare(*kernels, form, input.data(), 3, 512);
          const std::vector<float> output =
              multiply(*kernels, *prepared, activations.bytes.data(), 3);
          for (std::size_t c = 0; c < 17; ++c) {
            CHECK_FALSE(std::isfinite(output[17 + c]));
            CHECK(output[c] == expected[c]);
            CHECK(output[34 + c] == expected[34 + c]);
          }
        }
      }
  }

  TEST_CASE("weights that cannot be multiplied are refused") {
    for (const Kernels* kernels : all_providers()) {
      const std::vector<std::byte> bytes(4096);
      const auto refuse = [&](DType dtype, const Shape& shape, ErrorKind kind) {
        try {
          kernels->prepare_weight({dtype, shape, bytes.data()}, Precision::Fast);
          FAIL("no error");
        } catch (const Error& error) {
          CHECK(error.kind() == kind);
        }
      };
      refuse(DType::F32, {64}, ErrorKind::Shape);
      refuse(DType::I8, {4, 32}, ErrorKind::Unsupported);
      refuse(DType::Q4_K, {4, 128}, ErrorKind::Shape);
    }
  }
}
