#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/aligned_buffer.h"
#include "precision/dtype.h"

namespace tenon {

/// Dimensions, outermost first (row-major): a matrix is [out_features, in_features]. At most 8.
class Shape {
 public:
  static constexpr int kMaxRank = 8;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> dimensions);
  explicit Shape(std::span<const std::int64_t> dimensions);

  int rank() const { return rank_; }
  std::int64_t operator[](int axis) const { return dimensions_[static_cast<std::size_t>(axis)]; }
  /// Product of all dimensions; 1 for rank 0. Throws Error(Shape) where it overflows.
  std::int64_t elements() const;
  std::span<const std::int64_t> dimensions() const {
    return {dimensions_.data(), static_cast<std::size_t>(rank_)};
  }
  bool operator==(const Shape& other) const;
  std::string to_string() const;  // "[576, 1536]"

 private:
  std::array<std::int64_t, kMaxRank> dimensions_{};
  int rank_ = 0;
};

/// Borrowed numbers: contiguous, row-major, in any storage type. Never outlives what it points
/// into. Block formats run along the last axis, which must be a multiple of the block.
struct TensorView {
  DType dtype = DType::F32;
  Shape shape;
  const std::byte* data = nullptr;

  std::size_t bytes() const;
  /// Elements of the last axis.
  std::int64_t row_elements() const { return shape.rank() == 0 ? 1 : shape[shape.rank() - 1]; }
  std::int64_t rows() const { return row_elements() == 0 ? 0 : shape.elements() / row_elements(); }
  const std::byte* row(std::int64_t index) const;
  /// The numbers as float32, which the dtype must be.
  std::span<const float> floats() const;
  /// Row `index` as float32, whatever the storage type.
  void dequantize_row(std::int64_t index, std::span<float> destination) const;
};

/// Owned numbers; copies are explicit.
class Tensor {
 public:
  Tensor() = default;
  Tensor(DType dtype, const Shape& shape);
  static Tensor from_floats(const Shape& shape, std::span<const float> values);

  const Shape& shape() const { return shape_; }
  DType dtype() const { return dtype_; }
  std::byte* data() { return buffer_.data(); }
  const std::byte* data() const { return buffer_.data(); }
  std::span<float> floats();
  std::span<const float> floats() const { return view().floats(); }
  TensorView view() const { return {dtype_, shape_, buffer_.data()}; }
  Tensor copy() const;

 private:
  DType dtype_ = DType::F32;
  Shape shape_;
  AlignedBuffer<std::byte> buffer_;
};

}  // namespace tenon
