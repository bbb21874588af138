#include "tensor/tensor.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "precision/block_formats.h"

using namespace tenon;

namespace {
constexpr std::int64_t kHuge = std::int64_t{1} << 40;
}

TEST_SUITE("shape") {
  TEST_CASE("dimensions are kept in order and shown as a list") {
    const Shape shape{2, 3, 5};
    CHECK(shape.rank() == 3);
    CHECK(shape[0] == 2);
    CHECK(shape[2] == 5);
    CHECK(shape.elements() == 30);
    CHECK(shape.to_string() == "[2, 3, 5]");
    CHECK(Shape{}.elements() == 1);
    CHECK(Shape{}.to_string() == "[]");
  }

  TEST_CASE("shapes are equal when rank and dimensions are") {
    CHECK(Shape{2, 3} == Shape{2, 3});
    CHECK_FALSE(Shape{2, 3} == Shape{3, 2});
    CHECK_FALSE(Shape{2, 3} == Shape{2, 3, 1});
    CHECK_FALSE(Shape{} == Shape{1});
  }

  TEST_CASE("an element count that overflows is refused, wherever the large dimensions stand") {
    CHECK_THROWS_AS((Shape{kHuge, kHuge}.elements()), Error);
    CHECK_THROWS_AS((Shape{2, std::numeric_limits<std::int64_t>::max()}.elements()), Error);
    CHECK(Shape{std::numeric_limits<std::int64_t>::max()}.elements() ==
          std::numeric_limits<std::int64_t>::max());
  }

  TEST_CASE("a zero dimension makes the count zero, wherever it stands") {
    CHECK(Shape{0, kHuge, kHuge}.elements() == 0);
    CHECK(Shape{kHuge, kHuge, 0}.elements() == 0);
  }

  TEST_CASE("negative dimensions and more than eight are refused") {
    CHECK_THROWS_AS((Shape{2, -1}), Error);
    CHECK_NOTHROW((Shape{1, 1, 1, 1, 1, 1, 1, 1}));
    CHECK_THROWS_AS((Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}), Error);
  }
}

TEST_SUITE("tensor_view") {
  TEST_CASE("rows run along the last axis") {
    std::vector<float> numbers(24);
    std::iota(numbers.begin(), numbers.end(), 0.0f);
    const Tensor tensor = Tensor::from_floats({2, 3, 4}, numbers);
    const TensorView view = tensor.view();
    CHECK(view.row_elements() == 4);
    CHECK(view.rows() == 6);
    CHECK(view.bytes() == 96);
    CHECK(reinterpret_cast<const float*>(view.row(5))[0] == 20.0f);
    std::vector<float> row(4);
    view.dequantize_row(5, row);
    CHECK(row == std::vector<float>{20, 21, 22, 23});
  }

  TEST_CASE("a scalar is one row of one number") {
    const Tensor tensor = Tensor::from_floats({}, std::array{3.5f});
    CHECK(tensor.view().rows() == 1);
    CHECK(tensor.view().row_elements() == 1);
    CHECK(tensor.view().bytes() == 4);
  }

  TEST_CASE("empty tensors have no rows to read") {
    for (const Shape& shape : {Shape{0, 4}, Shape{4, 0}, Shape{0}}) {
      const TensorView view{DType::F32, shape, nullptr};
      CHECK(view.bytes() == 0);
      CHECK(view.rows() == 0);
    }
  }

  TEST_CASE("rows of block formats are found and read") {
    std::vector<float> numbers(3 * 64);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i % 17) - 8.0f;
    for (const DType dtype : {DType::Q4_0, DType::Q8_0, DType::F16}) {
      CAPTURE(dtype_name(dtype));
      Tensor tensor(dtype, {3, 64});
      CHECK(tensor.view().bytes() == 3 * row_bytes(dtype, 64));
      precision::quantize(dtype, numbers, tensor.data());
      std::vector<float> all(numbers.size()), row(64);
      precision::dequantize(dtype, tensor.data(), all);
      for (int i = 0; i < 3; ++i) {
        CHECK(tensor.view().row(i) == tensor.data() + i * row_bytes(dtype, 64));
        tensor.view().dequantize_row(i, row);
        CHECK(row == std::vector<float>(all.begin() + 64 * i, all.begin() + 64 * (i + 1)));
      }
    }
  }

  TEST_CASE("rows that end inside a block are refused") {
    CHECK_THROWS_AS((Tensor(DType::Q4_0, {2, 48})), Error);
    CHECK_THROWS_AS((Tensor(DType::Q4_K, {256, 32})), Error);
  }

  TEST_CASE("a byte count that overflows is refused, so no buffer is smaller than its shape") {
    const std::int64_t most = std::numeric_limits<std::int64_t>::max();
    CHECK_THROWS_AS((Tensor(DType::F64, {most})), Error);
    CHECK_THROWS_AS((Tensor(DType::F64, {most / 2, 2})), Error);
    CHECK_THROWS_AS((Tensor(DType::Q8_0, {std::int64_t{1} << 57, 64})), Error);
    CHECK_THROWS_AS((TensorView{DType::F64, {most / 2, 2}, nullptr}.bytes()), Error);
    CHECK_THROWS_AS((Tensor(DType::F32, {kHuge, kHuge})), Error);
  }

  TEST_CASE("rows outside, spans of another length and other types are refused") {
    const Tensor tensor(DType::F32, {2, 4});
    std::vector<float> row(4), longer(5);
    CHECK_THROWS_AS(tensor.view().dequantize_row(2, row), Error);
    CHECK_THROWS_AS(tensor.view().dequantize_row(-1, row), Error);
    CHECK_THROWS_AS(tensor.view().dequantize_row(0, longer), Error);
    const Tensor half(DType::F16, {2, 4});
    CHECK_THROWS_AS(half.floats(), Error);
    CHECK_THROWS_AS(Tensor::from_floats({3}, std::array{1.0f, 2.0f}), Error);
  }
}

TEST_SUITE("tensor") {
  TEST_CASE("a copy is equal and separate") {
    Tensor tensor = Tensor::from_floats({2, 2}, std::array{1.0f, 2.0f, 3.0f, 4.0f});
    Tensor copy = tensor.copy();
    tensor.floats()[0] = 9.0f;
    CHECK(copy.floats()[0] == 1.0f);
    CHECK(copy.floats()[3] == 4.0f);
    CHECK(copy.shape() == tensor.shape());
    CHECK(copy.dtype() == DType::F32);
  }
}
