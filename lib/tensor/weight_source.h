#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace tenon {

/// An order of weights in memory: that of one provider's matmul. Equal names and versions are equal
/// bytes; version 0: as the file has them.
struct WeightLayout {
  std::string provider;
  std::uint32_t version = 0;
  bool operator==(const WeightLayout&) const = default;
};

/// A matrix in such an order: only its kernels can read the bytes.
struct PackedTensor {
  DType dtype = DType::F32;  // storage type of the numbers that were packed
  Shape shape;               // [out_features, in_features]
  std::span<const std::byte> bytes;
};

/// Named tensors, wherever they come from. Views stay valid as long as the source.
/// Models ask by name and know no file; lib/formats implements it for GGUF and safetensors.
class WeightSource {
 public:
  virtual ~WeightSource() = default;
  /// In the order of the file.
  virtual const std::vector<std::string>& names() const = 0;
  virtual std::optional<TensorView> find(std::string_view name) const = 0;
  /// A matrix stored in packed_layout(); empty for every other name.
  virtual std::optional<PackedTensor> find_packed(std::string_view) const { return std::nullopt; }
  virtual WeightLayout packed_layout() const { return {}; }
  /// Bytes [offset, offset + size) of a tensor that find() gave, for who reads them once and in
  /// order. Weights in memory stay where they are; a file is read into `buffer` (of at least `size`
  /// bytes) and leaves no page of its mapping in memory. Throws Error(Resource) where the file
  /// cannot be read any more. Any thread may call.
  virtual std::span<const std::byte> read(const TensorView& tensor, std::size_t offset,
                                          std::size_t size, std::span<std::byte> buffer) const {
    (void)buffer;
    return {tensor.data + offset, size};
  }
  /// Where the weights come from, for messages: a path.
  virtual std::string origin() const = 0;
};

}  // namespace tenon
