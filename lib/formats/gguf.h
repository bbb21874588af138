#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/gguf_metadata.h"
#include "precision/dtype.h"
#include "tensor/weight_source.h"

namespace tenon::formats {

struct GgufHeader;

/// One row of the tensor table.
struct GgufTensor {
  std::string name;
  std::uint32_t ggml_type = 0;
  std::string type_name;       // "Q4_1", "IQ2_XXS", "type 99"
  std::optional<DType> dtype;  // empty: can be listed, not read
  bool is_packed = false;      // numbers of that type in the order of some kernels (gguf_packed.h)
  Shape shape;                 // outermost first, although the file has the innermost first
  std::uint64_t elements = 0;
  std::optional<std::uint64_t> bytes;  // empty where the size of the type is unknown
  std::uint64_t offset = 0;            // from the start of its part
  std::size_t part = 0;                // index into GgufFile::parts()
};

/// A GGUF file, version 2 or 3 (ggml docs/gguf.md), memory-mapped: opening reads its header only,
/// the numbers of a tensor are read when somebody looks at them. Split files
/// (NAME-00001-of-00003.gguf) are opened together through any part and look like one file.
///
/// Nothing in the file is trusted: counts, offsets and sizes are checked against the bytes
/// there are before anything is allocated, memory stays within a small multiple of the
/// header. Throws Error(Input) naming the file and the place, Error(Unsupported) for version
/// 1 and big-endian files.
class GgufFile final : public WeightSource {
 public:
  struct Part {
    std::string path;
    std::uint32_t version = 3;
    std::uint64_t file_bytes = 0;
    std::uint64_t alignment = 32;   // general.alignment: tensors start at multiples of it
    std::uint64_t data_offset = 0;  // where tensors begin: the end of the header, rounded up
  };

  /// Bytes in memory that stand for a file of that name; they must outlive the object and be
  /// aligned to 8.
  struct NamedBytes {
    std::string name;
    std::span<const std::byte> bytes;
  };

  static GgufFile open(const std::string& path);
  static GgufFile from_bytes(std::span<const std::byte> bytes, std::string name = "memory");
  /// All parts of a split file, in order.
  static GgufFile from_parts(std::span<const NamedBytes> parts);
  ~GgufFile() override;
  GgufFile(GgufFile&&) noexcept;
  GgufFile& operator=(GgufFile&&) noexcept;

  /// Of the first part, which holds all but split.no of a split file.
  const GgufMetadata& metadata() const;
  const std::vector<Part>& parts() const;
  const std::vector<GgufTensor>& tensors() const;
  /// Null where there is none. Never throws for the type.
  const GgufTensor* find_tensor(std::string_view name) const;
  /// The bytes of a tensor as stored. Throws Error(Unsupported) where their number is unknown.
  std::span<const std::byte> tensor_bytes(const GgufTensor& tensor) const;

  /// WeightSource. find() throws Error(Unsupported) naming the type where Tenon cannot read it.
  const std::vector<std::string>& names() const override;
  std::optional<TensorView> find(std::string_view name) const override;
  std::optional<PackedTensor> find_packed(std::string_view name) const override;
  WeightLayout packed_layout() const override;
  std::span<const std::byte> read(const TensorView& tensor, std::size_t offset, std::size_t size,
                                  std::span<std::byte> buffer) const override;
  std::string origin() const override;

 private:
  struct Contents;
  explicit GgufFile(std::unique_ptr<Contents> contents);
  static GgufFile assemble(std::span<const NamedBytes> parts, std::vector<GgufHeader> headers);
  std::unique_ptr<Contents> contents_;
};

}  // namespace tenon::formats
