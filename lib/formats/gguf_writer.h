#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/byte_sink.h"
#include "formats/gguf_metadata.h"
#include "precision/dtype.h"
#include "tensor/tensor.h"

namespace tenon::formats {

/// A tensor that is going to be written: its row of the table.
struct GgufTensorPlan {
  /// Throws Error(Unsupported) for a type that GGUF lacks, Error(Shape) for rows that do
  /// not fill blocks.
  static GgufTensorPlan of(std::string name, DType dtype, const Shape& shape);

  std::string name;
  std::uint32_t ggml_type = 0;
  Shape shape;              // outermost first
  std::uint64_t bytes = 0;  // of the whole tensor
};

/// Writes a GGUF file, version 3, front to back: memory stays within the header whatever
/// the tensors hold.
///
///   GgufWriter writer(sink, metadata, plan);       // the header goes out at once
///   for each tensor of the plan, in its order: writer.write(name, bytes);   // whole or in pieces
///   writer.finish();
///
/// Tensors start at multiples of general.alignment (32 without the key). The keys split.* are left
/// out: the file is whole. Throws Error(Input) for names used twice or too long, Error(Shape) for
/// rank over 4.
class GgufWriter {
 public:
  GgufWriter(ByteSink sink, const GgufMetadata& metadata, std::vector<GgufTensorPlan> plan);

  /// The next bytes of the tensor `name`, which must be the one being written or, where that is
  /// whole, the next of the plan (a mistake in the caller otherwise).
  void write(std::string_view name, std::span<const std::byte> bytes);
  /// Sees that every tensor is whole.
  void finish();
  /// Bytes written so far.
  std::uint64_t position() const { return position_; }

 private:
  void write_header(const GgufMetadata& metadata);
  void put(std::span<const std::byte> bytes);
  void pad();
  /// Steps over tensors that have all their bytes.
  void settle();

  ByteSink sink_;
  std::vector<GgufTensorPlan> plan_;
  std::uint64_t alignment_ = 32;
  std::uint64_t position_ = 0;
  std::size_t current_ = 0;    // index into plan_
  std::uint64_t written_ = 0;  // bytes of the current tensor
};

}  // namespace tenon::formats
