#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "formats/byte_sink.h"
#include "precision/dtype.h"
#include "tensor/tensor.h"

namespace tenon::formats {

/// Writes an array of float32, float64, int32 or int64 as a .npy file, version 1.0
/// (numpy.lib.format), as numpy.save does: the header at once, then the numbers, row-major,
/// in any pieces.
class NumpyWriter {
 public:
  /// Throws Error(Unsupported) for another type.
  NumpyWriter(ByteSink sink, DType dtype, const Shape& shape);

  void write(std::span<const std::byte> bytes);
  void write(std::span<const float> numbers);
  /// Sees that all numbers were written.
  void finish();

 private:
  ByteSink sink_;
  DType dtype_;
  std::uint64_t missing_ = 0;  // bytes to come
};

/// An array in a .npy file (version 1 to 3): float32, float64, int32 or int64, little-endian,
/// row-major. The data lie in `bytes`, not necessarily aligned: copy numbers out. Throws
/// Error(Input) for what is no such file or is cut short, Error(Unsupported) naming other types,
/// big-endian and column-major arrays.
struct NumpyArray {
  DType dtype = DType::F32;
  Shape shape;
  std::span<const std::byte> data;
};
NumpyArray read_numpy(std::span<const std::byte> bytes, const std::string& path);

}  // namespace tenon::formats
