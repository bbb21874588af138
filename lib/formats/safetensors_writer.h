#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/byte_sink.h"
#include "formats/safetensors.h"

namespace tenon::formats {

/// A tensor that is going to be written.
struct SafetensorsPlan {
  /// Throws Error(Unsupported) for a type that the format lacks (block formats).
  static SafetensorsPlan of(std::string name, DType dtype, const Shape& shape);

  std::string name;
  DType dtype = DType::F32;
  Shape shape;
  std::uint64_t bytes = 0;
};

/// Writes a safetensors file front to back: the header at once, then tensors in the order of the
/// plan, whole or in pieces. The header is padded so that data starts at a multiple of 8. Throws
/// Error(Input) for names used twice and for "__metadata__". Plan tensors with the widest numbers
/// first where others shall read them in place.
class SafetensorsWriter {
 public:
  SafetensorsWriter(ByteSink sink, std::vector<SafetensorsPlan> plan,
                    const SafetensorsFile::Metadata& metadata = {});

  /// The next bytes of the tensor `name`, which must be the one being written or, where that is
  /// whole, the next of the plan (a mistake in the caller otherwise).
  void write(std::string_view name, std::span<const std::byte> bytes);
  /// Sees that every tensor is whole.
  void finish();
  /// Bytes written so far.
  std::uint64_t position() const { return position_; }

 private:
  void settle();

  ByteSink sink_;
  std::vector<SafetensorsPlan> plan_;
  std::uint64_t position_ = 0;
  std::size_t current_ = 0;    // index into plan_
  std::uint64_t written_ = 0;  // bytes of the current tensor
};

/// One file of a model in several.
struct SafetensorsShard {
  std::string
      file_name;  // "model-00001-of-00003.safetensors", or "model.safetensors" where it is the only one
  std::vector<SafetensorsPlan> tensors;
};

/// Deals tensors out to files of at most `max_bytes` of numbers, in order; a larger tensor has a
/// file to itself.
std::vector<SafetensorsShard> plan_shards(std::vector<SafetensorsPlan> tensors,
                                          std::uint64_t max_bytes);

/// The text of model.safetensors.index.json for these files.
std::string safetensors_index(std::span<const SafetensorsShard> shards);

}  // namespace tenon::formats
