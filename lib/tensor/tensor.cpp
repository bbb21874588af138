#include "tensor/tensor.h"

#include <algorithm>

#include "precision/block_formats.h"

namespace tenon {

Shape::Shape(std::initializer_list<std::int64_t> dimensions)
    : Shape(std::span<const std::int64_t>(dimensions.begin(), dimensions.size())) {}

Shape::Shape(std::span<const std::int64_t> dimensions) {
  if (dimensions.size() > kMaxRank)
    throw Error(ErrorKind::Shape, "a tensor has " + std::to_string(dimensions.size()) +
                                      " dimensions, at most " + std::to_string(kMaxRank) +
                                      " are supported");
  for (const std::int64_t dimension : dimensions) {
    if (dimension < 0) throw Error(ErrorKind::Shape, "a dimension is negative");
    dimensions_[static_cast<std::size_t>(rank_++)] = dimension;
  }
}

std::int64_t Shape::elements() const {
  // Before the product: the order of the dimensions must not decide whether it overflows.
  if (std::ranges::find(dimensions(), 0) != dimensions().end()) return 0;
  std::int64_t product = 1;
  for (const std::int64_t dimension : dimensions())
    if (__builtin_mul_overflow(product, dimension, &product))
      throw Error(ErrorKind::Shape, "the shape " + to_string() + " has too many elements");
  return product;
}

bool Shape::operator==(const Shape& other) const {
  return std::ranges::equal(dimensions(), other.dimensions());
}

std::string Shape::to_string() const {
  std::string text = "[";
  for (const std::int64_t dimension : dimensions()) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(dimension);
  }
  return text + "]";
}

std::size_t TensorView::bytes() const {
  const std::size_t one_row = row_bytes(dtype, static_cast<std::size_t>(row_elements()));
  std::size_t all = 0;
  if (__builtin_mul_overflow(one_row, static_cast<std::size_t>(rows()), &all))
    throw Error(ErrorKind::Shape, "the shape " + shape.to_string() + " has too many bytes");
  return all;
}

const std::byte* TensorView::row(std::int64_t index) const {
  return data + static_cast<std::size_t>(index) *
                    row_bytes(dtype, static_cast<std::size_t>(row_elements()));
}

std::span<const float> TensorView::floats() const {
  TENON_CHECK(dtype == DType::F32);
  return {reinterpret_cast<const float*>(data), static_cast<std::size_t>(shape.elements())};
}

void TensorView::dequantize_row(std::int64_t index, std::span<float> destination) const {
  TENON_CHECK(index >= 0 && index < rows());
  TENON_CHECK(static_cast<std::int64_t>(destination.size()) == row_elements());
  precision::dequantize(dtype, row(index), destination);
}

Tensor::Tensor(DType dtype, const Shape& shape) : dtype_(dtype), shape_(shape) {
  buffer_ = AlignedBuffer<std::byte>(TensorView{dtype, shape, nullptr}.bytes());
}

Tensor Tensor::from_floats(const Shape& shape, std::span<const float> values) {
  Tensor tensor(DType::F32, shape);
  TENON_CHECK(static_cast<std::int64_t>(values.size()) == shape.elements());
  std::ranges::copy(values, tensor.floats().begin());
  return tensor;
}

std::span<float> Tensor::floats() {
  TENON_CHECK(dtype_ == DType::F32);
  return {reinterpret_cast<float*>(buffer_.data()), static_cast<std::size_t>(shape_.elements())};
}

Tensor Tensor::copy() const {
  Tensor result(dtype_, shape_);
  std::copy_n(buffer_.data(), buffer_.size(), result.buffer_.data());
  return result;
}

}  // namespace tenon
