#include <doctest/doctest.h>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "samples.h"

using namespace tenon;
using namespace tenon::kernels;
using namespace tenon::kernels::samples;

namespace {

bool same_bits(const float* a, const float* b, std::size_t count) {
  return std::memcmp(a, b, count * sizeof(float)) == 0;
}

struct Product {
  const Kernels& kernels;
  Weight weight;
  std::unique_ptr<MatmulWeight> prepared;
  Activations activations;
  std::size_t columns;
  std::vector<float> alone;  // every row computed by itself

  Product(const Kernels& provider, DType dtype, Precision precision, int rows)
      : kernels(provider), weight(random_weight(dtype, 49, 768, 3)), columns(49) {
    prepared = kernels.prepare_weight(weight.view(), precision);
    const std::vector<float> input = random_floats(static_cast<std::size_t>(rows) * 768, "rows");
    activations = prepare(kernels, kernels.activation_form(*prepared), input.data(), rows, 768);
    for (int r = 0; r < rows; ++r) {
      const std::vector<float> one =
          multiply(kernels, *prepared, activations.row(static_cast<std::size_t>(r)), 1);
      alone.insert(alone.end(), one.begin(), one.end());
    }
  }
};

constexpr int kRows = 70;

template <typename Check>
void for_every_product(const Check& check) {
  for (const Kernels* kernels : all_providers())
    for (const DType dtype : kWeightTypes)
      for (const Precision precision : {Precision::Fast, Precision::Exact}) {
        const Product product(*kernels, dtype, precision,
                              kernels->name() == "reference" ? 5 : kRows);
        INFO(kernels->name(), " ", dtype_name(dtype),
             precision == Precision::Exact ? " exact" : "");
        check(product, kernels->name() == "reference" ? 5 : kRows);
      }
}

}  // namespace

TEST_SUITE("row invariance") {
  TEST_CASE("a row has the same bits alone and among any number of rows, at any place") {
    for_every_product([](const Product& product, int rows) {
      int wrong = 0;
      for (int count = 2; count <= rows; count += count < 34 ? 1 : 12)
        for (int first = 0; first + count <= rows; first += count < 17 ? 5 : 11) {
          const auto begin = static_cast<std::size_t>(first);
          const std::vector<float> together =
              multiply(product.kernels, *product.prepared, product.activations.row(begin), count);
          if (!same_bits(together.data(), &product.alone[begin * product.columns], together.size()))
            ++wrong;
        }
      CHECK(wrong == 0);
    });
  }

  TEST_CASE("the cut of the columns changes no bit") {
    for_every_product([](const Product& product, int) {
      for (const std::ptrdiff_t grain : {Kernels::kColumnGrain, 2 * Kernels::kColumnGrain}) {
        std::vector<float> output(5 * product.columns, -1.0f);
        for (std::ptrdiff_t c = 0; c < 49; c += grain)
          product.kernels.matmul(*product.prepared, product.activations.row(0), 5,
                                 {c, std::min<std::ptrdiff_t>(49, c + grain)}, output.data(), 49);
        CHECK(same_bits(output.data(), product.alone.data(), output.size()));
      }
    });
  }

  TEST_CASE("weights read from the file give the bits of repacked ones") {
    for_every_product([](const Product& product, int rows) {
      const auto mapped =
          product.kernels.prepare_weight(product.weight.view(), Precision::Fast, false);
      const auto packed =
          product.kernels.prepare_weight(product.weight.view(), Precision::Fast, true);
      CHECK(mapped->bytes_owned == 0);
      if (product.kernels.activation_form(*packed) !=
          product.kernels.activation_form(*product.prepared))
        return;  // exact: covered by the fast round
      const auto from_file = multiply(product.kernels, *mapped, product.activations.row(0), rows);
      const auto from_memory = multiply(product.kernels, *packed, product.activations.row(0), rows);
      CHECK(same_bits(from_file.data(), from_memory.data(), from_file.size()));
    });
  }

  TEST_CASE("grains packed one by one, backwards, from bytes that go away give the same bits") {
    for_every_product([](const Product& product, int rows) {
      const TensorView view = product.weight.view();
      const auto placed = product.kernels.place_weight(view, Precision::Fast);
      if (placed->grains == 0) return;  // reads the file in place
      constexpr auto kGrain = static_cast<std::size_t>(Kernels::kColumnGrain);
      REQUIRE(placed->grains == (49 + Kernels::kColumnGrain - 1) / Kernels::kColumnGrain);
      const std::size_t row = view.bytes() / 49;
      for (std::ptrdiff_t grain = placed->grains; grain-- > 0;) {
        const std::size_t first = kGrain * static_cast<std::size_t>(grain);
        const std::size_t last = std::min<std::size_t>(first + kGrain, 49);
        // Of its own size, so that a read beyond it is seen.
        const std::vector<std::byte> copy(view.data + first * row, view.data + last * row);
        placed->pack({grain, grain + 1}, copy.data());
      }
      const auto packed = product.kernels.prepare_weight(view, Precision::Fast);
      if (product.kernels.activation_form(*packed) !=
          product.kernels.activation_form(*product.prepared))
        return;  // exact: covered by the fast round
      const auto piecewise = multiply(product.kernels, *placed, product.activations.row(0), rows);
      const auto whole = multiply(product.kernels, *packed, product.activations.row(0), rows);
      CHECK(same_bits(piecewise.data(), whole.data(), whole.size()));
    });
  }

  TEST_CASE("packed bytes used where they lie give the same bits, and damaged ones are refused") {
    for_every_product([](const Product& product, int rows) {
      const TensorView view = product.weight.view();
      const auto packed = product.kernels.prepare_weight(view, Precision::Fast);
      const auto bytes = packed->packed_bytes();
      CHECK(bytes.empty() == (product.kernels.packed_layout().version == 0));
      if (bytes.empty()) {
        CHECK_THROWS_AS(product.kernels.adopt_weight({view.dtype, view.shape, bytes}), Error);
        return;
      }
      AlignedBuffer<std::byte> copy(bytes.size() + 64);
      std::copy(bytes.begin(), bytes.end(), copy.data());
      const auto adopted =
          product.kernels.adopt_weight({view.dtype, view.shape, copy.span().first(bytes.size())});
      CHECK(adopted->bytes_owned == 0);
      CHECK(adopted->grains == 0);
      if (product.kernels.activation_form(*packed) ==
          product.kernels.activation_form(*product.prepared)) {
        const auto in_place = multiply(product.kernels, *adopted, product.activations.row(0), rows);
        const auto owned = multiply(product.kernels, *packed, product.activations.row(0), rows);
        CHECK(same_bits(in_place.data(), owned.data(), owned.size()));
      }
      for (const auto wrong : {copy.span().first(bytes.size() - 1), copy.span().first(0),
                               copy.span(), copy.span().subspan(8, bytes.size())})
        CHECK_THROWS_AS(product.kernels.adopt_weight({view.dtype, view.shape, wrong}), Error);
    });
  }

  TEST_CASE("a product writes its columns and nothing else") {
    for_every_product([](const Product& product, int) {
      std::vector<float> output(3 * 60, -7.0f);
      product.kernels.matmul(*product.prepared, product.activations.row(0), 3, {32, 49},
                             output.data(), 60);
      for (std::size_t r = 0; r < 3; ++r)
        for (std::size_t c = 0; c < 60; ++c)
          CHECK((output[60 * r + c] == -7.0f) == (c < 32 || c >= 49));
    });
  }
}
