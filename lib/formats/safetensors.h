#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "precision/dtype.h"
#include "tensor/weight_source.h"

namespace tenon::formats {

struct SafetensorsTensor {
  std::string name;
  std::string type_name;       // "F32", "BF16", "F8_E4M3", "U32"
  std::optional<DType> dtype;  // empty: can be listed, not read
  Shape shape;
  std::uint64_t offset = 0;  // from the start of its file
  std::uint64_t bytes = 0;
  std::size_t part = 0;  // index into SafetensorsFile::parts()
};

/// Tensors in the safetensors format (github.com/huggingface/safetensors, "Format"), memory-mapped:
/// one file; or many that an index (model.safetensors.index.json, its weight_map) joins; or a
/// folder that holds either. Opening reads headers only.
///
/// The whole format is insisted on: a header of at most 100 MB, dtype times shape equal to the
/// length, data without overlaps and holes, names used once. Throws Error(Input) naming file and
/// tensor otherwise; memory stays within a small multiple of the headers.
class SafetensorsFile final : public WeightSource {
 public:
  using Metadata = std::vector<std::pair<std::string, std::string>>;

  static SafetensorsFile open(const std::string& path);
  /// The bytes of one file; they must outlive the object.
  static SafetensorsFile from_bytes(std::span<const std::byte> bytes, std::string name = "memory");
  ~SafetensorsFile() override;
  SafetensorsFile(SafetensorsFile&&) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) noexcept;

  /// __metadata__ of all parts, in order.
  const Metadata& metadata() const;
  /// Paths of the files.
  const std::vector<std::string>& parts() const;
  const std::vector<SafetensorsTensor>& tensors() const;
  const SafetensorsTensor* find_tensor(std::string_view name) const;
  std::span<const std::byte> tensor_bytes(const SafetensorsTensor& tensor) const;

  /// WeightSource. A tensor that lies where its numbers may not be read in place (writers that do
  /// not pad their header make such files) is copied at its first find(), which any thread may
  /// call. Throws Error(Unsupported) naming a type that Tenon does not read.
  const std::vector<std::string>& names() const override;
  std::optional<TensorView> find(std::string_view name) const override;
  std::string origin() const override;

 private:
  struct Contents;
  explicit SafetensorsFile(std::unique_ptr<Contents> contents);
  std::unique_ptr<Contents> contents_;
};

/// A DType of the format by its exact name: the plain numbers and both fp8; no block formats.
std::optional<DType> dtype_of_safetensors(std::string_view name);

}  // namespace tenon::formats
