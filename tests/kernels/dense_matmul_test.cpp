#include "kernels/dense_matmul.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "samples.h"

using namespace tenon;
using namespace tenon::kernels;
using namespace tenon::kernels::samples;

namespace {

Tensor random_matrix(DType dtype, std::int64_t rows, std::int64_t columns, std::string_view name) {
  const std::vector<float> values = random_floats(static_cast<std::size_t>(rows * columns), name);
  Tensor tensor(dtype, {rows, columns});
  select_kernels("reference").narrow(values.data(), rows * columns, dtype, tensor.data());
  return tensor;
}

std::vector<float> to_floats(const Tensor& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.shape().elements()));
  precision::dequantize(tensor.dtype(), tensor.data(), values);
  return values;
}

// Float32 sums over up to 300 terms of size one; bfloat16 results have eight bits.
double tolerance(DType result) {
  return result == DType::BF16 ? 0x1p-7 : 1e-5;
}

}  // namespace

TEST_SUITE("dense matmul") {
  TEST_CASE("every provider multiplies dense matrices as double arithmetic does") {
    for (const Kernels* kernels : all_providers())
      for (const auto& [inputs, result] : {std::pair{DType::F32, DType::F32},
                                           {DType::BF16, DType::F32},
                                           {DType::BF16, DType::BF16}})
        for (const bool is_transposed : {false, true})
          for (const bool is_accumulating : {false, true})
            for (const auto& [m, k, n] :
                 {std::tuple{1, 1, 1}, {3, 5, 7}, {64, 300, 33}, {17, 128, 64}}) {
              const Tensor a = random_matrix(inputs, m, k, "a");
              const Tensor b =
                  random_matrix(inputs, is_transposed ? n : k, is_transposed ? k : n, "b");
              Tensor c = random_matrix(result, m, n, "c");
              const std::vector<float> before = to_floats(c);
              dense_matmul(*kernels, a.view(), b.view(), c,
                           {.is_b_transposed = is_transposed, .is_accumulating = is_accumulating});
              const std::vector<float> left = to_floats(a), right = to_floats(b),
                                       output = to_floats(c);
              double worst = 0.0;
              for (int i = 0; i < m; ++i)
                for (int j = 0; j < n; ++j) {
                  double sum = is_accumulating ? before[static_cast<std::size_t>(i * n + j)] : 0.0;
                  for (int l = 0; l < k; ++l)
                    sum += double{left[static_cast<std::size_t>(i * k + l)]} *
                           right[static_cast<std::size_t>(is_transposed ? j * k + l : l * n + j)];
                  const double difference =
                      std::fabs(sum - output[static_cast<std::size_t>(i * n + j)]) /
                      (1.0 + std::fabs(sum));
                  if (!(difference <= worst)) worst = difference;
                }
              INFO(kernels->name(), " ", m, " ", k, " ", n);
              CHECK(worst <= tolerance(result));
            }
  }

  TEST_CASE(
      "forcing onednn takes it for dense products and a row-invariant provider for the rest") {
    for (const ProviderState& state : providers()) {
      if (state.name != "onednn" || !state.is_available) continue;
      const Kernels& kernels = select_kernels("onednn");
      CHECK(kernels.implementation_of("dense_matmul") == "onednn");
      const std::string_view below = kernels.implementation_of("matmul");
      CHECK((below == "highway" || below == "reference"));
      CHECK(select_kernels("auto").implementation_of("dense_matmul") == "onednn");
    }
    CHECK(select_kernels("reference").implementation_of("dense_matmul") == "reference");
  }

  TEST_CASE("shapes and types that do not fit are refused") {
    const Kernels& kernels = select_kernels("auto");
    const Tensor a(DType::F32, {2, 3}), b(DType::F32, {3, 4}), half(DType::F16, {3, 4});
    Tensor c(DType::F32, {2, 4}), wrong(DType::F32, {4, 2});
    const auto kind_of = [&](const TensorView& left, const TensorView& right, Tensor& result,
                             const DenseMatmul& options) {
      try {
        dense_matmul(kernels, left, right, result, options);
      } catch (const Error& error) {
        return error.kind();
      }
      return ErrorKind::Internal;
    };
    CHECK(kind_of(a.view(), b.view(), wrong, {}) == ErrorKind::Shape);
    CHECK(kind_of(a.view(), b.view(), c, {.is_b_transposed = true}) == ErrorKind::Shape);
    CHECK(kind_of(a.view(), half.view(), c, {}) == ErrorKind::Unsupported);
  }
}
