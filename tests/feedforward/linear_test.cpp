#include "feedforward/linear.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/random.h"
#include "feedforward/gated.h"
#include "tensor/tensor.h"

using namespace tenon;
using namespace tenon::feedforward;
using kernels::Kernels;
using kernels::Precision;

namespace {

std::vector<const Kernels*> available_kernels() {
  std::vector<const Kernels*> result;
  for (const auto& provider : kernels::providers())
    if (provider.is_available) result.push_back(&kernels::select_kernels(provider.name));
  return result;
}

std::vector<float> random_values(std::size_t size, std::string_view name) {
  const RandomStream random(1, name);
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<float>(random.normal(i));
  return values;
}

// A layer with its numbers beside it.
struct KnownLinear {
  KnownLinear(const Kernels& kernels, std::int64_t out, std::int64_t in, std::string_view name,
              bool has_bias = false)
      : tensor(Tensor::from_floats({out, in},
                                   random_values(static_cast<std::size_t>(out * in), name))) {
    layer.weight = kernels.prepare_weight(tensor.view(), Precision::Exact);
    if (!has_bias) return;
    layer.bias = AlignedBuffer<float>(static_cast<std::size_t>(out));
    std::ranges::copy(random_values(static_cast<std::size_t>(out), "bias"), layer.bias.data());
  }
  double expected(const float* input, std::int64_t column) const {
    double sum = layer.bias.empty() ? 0.0 : bias(column);
    const auto in = static_cast<std::size_t>(tensor.shape()[1]);
    const std::span<const float> row =
        tensor.floats().subspan(static_cast<std::size_t>(column) * in, in);
    for (std::size_t k = 0; k < in; ++k) sum += static_cast<double>(row[k]) * input[k];
    return sum;
  }
  double bias(std::int64_t column) const { return layer.bias[static_cast<std::size_t>(column)]; }

  Tensor tensor;
  Linear layer;
};

constexpr int kRows = 3;
constexpr std::int64_t kIn = 40;

// Three rows, in slots 1 to 3.
struct Input {
  Input(const Kernels& kernels, std::initializer_list<const Linear*> layers)
      : values(random_values(kRows * kIn, "input")) {
    const FormSet forms = forms_of(kernels, layers);
    prepared.reserve(kernels, forms, kIn, kRows + 1);
    for (int row = 0; row < kRows; ++row) prepared.prepare(kernels, forms, this->row(row), row + 1);
  }
  const float* row(int index) const { return values.data() + index * kIn; }
  PreparedInput rows() const { return {&prepared, 1, kRows}; }

  std::vector<float> values;
  PreparedRows prepared;
};

}  // namespace

TEST_SUITE("feedforward") {
  TEST_CASE("layers that share an input compute every column, whatever the team") {
    for (const Kernels* kernels : available_kernels()) {
      CAPTURE(kernels->name());
      const KnownLinear a(*kernels, 37, kIn, "a", true), b(*kernels, 16, kIn, "b"),
          c(*kernels, 5, kIn, "c", true);
      const Input input(*kernels, {&a.layer, &b.layer, &c.layer});
      for (const int workers : {1, 2, 3, 7}) {
        CAPTURE(workers);
        Team team(workers);
        std::array<std::vector<float>, 3> outputs;
        outputs.fill(std::vector<float>(kRows * 48, NAN));
        const std::array<LinearOutput, 3> targets = {{{&a.layer, outputs[0].data(), 48},
                                                      {&b.layer, outputs[1].data(), 48},
                                                      {&c.layer, outputs[2].data(), 48}}};
        team.run([&](Worker& worker) { apply_shared(*kernels, input.rows(), targets, worker); });
        const KnownLinear* layers[] = {&a, &b, &c};
        for (std::size_t i = 0; i < 3; ++i)
          for (int row = 0; row < kRows; ++row) {
            const float* output = outputs[i].data() + row * 48;
            const std::int64_t columns = layers[i]->tensor.shape()[0];
            for (std::int64_t column = 0; column < columns; ++column)
              CHECK(std::fabs(output[column] - layers[i]->expected(input.row(row), column)) < 1e-4);
            for (std::int64_t column = columns; column < 48; ++column)
              CHECK(std::isnan(output[column]));
          }
      }
    }
  }

  TEST_CASE("shares of columns are cut at grains and cover each layer once") {
    const Kernels& kernels = kernels::select_kernels("reference");
    const KnownLinear a(kernels, 100, kIn, "a"), b(kernels, 1, kIn, "b"), c(kernels, 64, kIn, "c");
    const std::array<LinearOutput, 3> targets = {{{&a.layer}, {&b.layer}, {&c.layer}}};
    for (const int count : {1, 2, 3, 5, 40}) {
      std::array<std::vector<int>, 3> visits = {std::vector<int>(100), std::vector<int>(1),
                                                std::vector<int>(64)};
      for (int index = 0; index < count; ++index)
        share_columns(Worker(index, count, nullptr), targets,
                      [&](std::size_t layer, Range columns) {
                        CHECK(columns.begin % Kernels::kColumnGrain == 0);
                        for (auto column = columns.begin; column < columns.end; ++column)
                          ++visits[layer][static_cast<std::size_t>(column)];
                      });
      for (const auto& layer : visits)
        for (const int visit : layer) CHECK(visit == 1);
    }
  }

  TEST_CASE("the gated network multiplies silu of the gate with the other branch") {
    for (const Kernels* kernels : available_kernels()) {
      CAPTURE(kernels->name());
      KnownLinear gate(*kernels, 50, kIn, "gate"), up(*kernels, 50, kIn, "up");
      const Input input(*kernels, {&gate.layer, &up.layer});
      Gated layer;
      layer.gate.weight = std::move(gate.layer.weight);
      layer.up.weight = std::move(up.layer.weight);
      std::vector<float> hidden(kRows * 64, NAN), buffer(kRows * 64);
      const GatedBuffers buffers{hidden.data(), buffer.data(), 64};
      project_gate(*kernels, input.rows(), layer, {16, 50}, buffers);
      multiply_gate(*kernels, kRows, {16, 50}, buffers);
      for (int row = 0; row < kRows; ++row)
        for (std::int64_t column = 0; column < 64; ++column) {
          const float value = hidden[static_cast<std::size_t>(row * 64 + column)];
          if (column < 16 || column >= 50) {
            CHECK(std::isnan(value));
            continue;
          }
          const double g = gate.expected(input.row(row), column);
          const double expected = g / (1.0 + std::exp(-g)) * up.expected(input.row(row), column);
          CHECK(std::fabs(value - expected) < 1e-3);
        }
    }
  }

  TEST_CASE("a set of forms holds what was put in") {
    FormSet forms, other;
    forms.insert(kernels::ActivationForm::Int8x32);
    CHECK(forms.contains(kernels::ActivationForm::Int8x32));
    CHECK_FALSE(forms.contains(kernels::ActivationForm::Float32));
    other.insert(kernels::ActivationForm::Float32);
    forms.insert(other);
    CHECK(forms.contains(kernels::ActivationForm::Float32));
    CHECK_FALSE(forms.contains(kernels::ActivationForm::BFloat16));
  }
}
