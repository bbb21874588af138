#include "kernels/highway/targets.h"

#include <doctest/doctest.h>

#include <numeric>

#include "kernels/samples.h"

using namespace tenon;
using namespace tenon::kernels;
using namespace tenon::kernels::samples;

namespace {

// Sums of 768 terms in one float32 chain.
constexpr double kFloat32Tolerance = 5e-5;

double worst_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double worst = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::fabs(double{a[i]} - b[i]) / (1.0 + std::fabs(double{b[i]}));
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}

std::vector<float> products(const Kernels& kernels, DType dtype, int rows) {
  const Weight weight = random_weight(dtype, 83, 768);
  const auto prepared = kernels.prepare_weight(weight.view(), Precision::Fast);
  const std::vector<float> input = random_floats(static_cast<std::size_t>(rows) * 768, "input");
  const Activations activations =
      prepare(kernels, kernels.activation_form(*prepared), input.data(), rows, 768);
  return multiply(kernels, *prepared, activations.bytes.data(), rows);
}

std::vector<float> exact_products(DType dtype, int rows) {
  const Kernels& reference = select_kernels("reference");
  const Weight weight = random_weight(dtype, 83, 768);
  const auto prepared = reference.prepare_weight(weight.view(), Precision::Exact);
  const std::vector<float> input = random_floats(static_cast<std::size_t>(rows) * 768, "input");
  const Activations activations =
      prepare(reference, ActivationForm::Float32, input.data(), rows, 768);
  return multiply(reference, *prepared, activations.bytes.data(), rows);
}

std::vector<float> rows_of_a_pass(const Kernels& kernels) {
  const std::vector<float> input = random_floats(579, "input", 4.0f);
  const std::vector<float> weight = random_floats(579, "weight");
  std::vector<float> output(2 * 579);
  kernels.rms_norm(input.data(), weight.data(), 579, {}, output.data());
  kernels.silu_multiply(input.data(), weight.data(), 579, output.data() + 579);
  output.push_back(static_cast<float>(kernels.argmax(input.data(), 579)));
  return output;
}

std::vector<float> attended(const Kernels& kernels, DType dtype, int head_dim, int rows) {
  constexpr std::int64_t kCells = 200;
  const auto size = static_cast<std::size_t>(2 * kCells * head_dim);
  std::vector<std::byte> keys(row_bytes(dtype, size + static_cast<std::size_t>(32 * head_dim))),
      values(keys.size());
  const KeyValueView view{dtype, keys.data(), values.data(), kCells, 2, head_dim};
  const std::vector<float> key = random_floats(size, "keys"), value = random_floats(size, "values");
  for (int head = 0; head < 2; ++head)
    for (std::int64_t cell = 0; cell < kCells; ++cell) {
      const std::ptrdiff_t at = (head * kCells + cell) * head_dim;
      select_kernels("reference").store_cache(key.data() + at, value.data() + at, view, head, cell);
    }
  const auto row_size = static_cast<std::size_t>(6 * head_dim);
  const std::vector<float> queries =
      random_floats(row_size * static_cast<std::size_t>(rows), "queries");
  std::vector<float> output(queries.size());
  std::vector<std::int32_t> tail(static_cast<std::size_t>(rows));
  std::iota(tail.begin(), tail.end(), 150);
  std::vector<AttentionRow> all;
  for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r)
    all.push_back({queries.data() + r * row_size, output.data() + r * row_size, &view, 150,
                   std::span(tail).first(r + 1)});
  const AttentionOptions options{.heads = 6, .scale = 0.125f, .window = 0};
  std::vector<float> scratch(kernels.attention_scratch_floats(options, head_dim));
  kernels.attention(all, {0, 2}, options, scratch.data());
  return output;
}

}  // namespace

TEST_SUITE("highway") {
  TEST_CASE("every instruction set of this processor gives the same numbers") {
    if (highway_targets().empty()) return;  // not in this build
    const Kernels& kernels = select_kernels("highway");
    const Kernels& reference = select_kernels("reference");
    for (const std::string& target : highway_targets()) {
      use_highway_target(target);
      INFO(target);
      for (const DType dtype : kWeightTypes) {
        INFO(dtype_name(dtype));
        for (const int rows : {1, 2, 3, 4, 7})
          CHECK(worst_difference(products(kernels, dtype, rows), exact_products(dtype, rows)) <=
                kFloat32Tolerance);
        const std::vector<float> one = products(kernels, dtype, 1),
                                 seven = products(kernels, dtype, 7);
        CHECK(std::memcmp(one.data(), seven.data(), one.size() * sizeof(float)) == 0);
      }
      CHECK(worst_difference(rows_of_a_pass(kernels), rows_of_a_pass(reference)) <=
            kFloat32Tolerance);
      for (const DType dtype : {DType::F32, DType::F16, DType::BF16, DType::Q8_0})
        for (const int head_dim : {20, 64}) {
          if (dtype == DType::Q8_0 && head_dim % 32 != 0) continue;
          INFO(dtype_name(dtype), " cache");
          const std::vector<float> output = attended(kernels, dtype, head_dim, 9);
          CHECK(worst_difference(output, attended(reference, dtype, head_dim, 9)) <=
                kFloat32Tolerance);
          const std::vector<float> one = attended(kernels, dtype, head_dim, 1);
          CHECK(std::memcmp(output.data(), one.data(), one.size() * sizeof(float)) == 0);
        }
    }
    use_highway_target("");
  }
}
