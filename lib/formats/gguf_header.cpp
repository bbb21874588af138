#include "formats/gguf_header.h"

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_set>

#include "formats/file_kind.h"
#include "formats/ggml_types.h"
#include "formats/gguf_packed.h"

namespace tenon::formats {

namespace {

// A key is a length, one letter, a type and at least one byte; a tensor a length, one letter, a
// rank, a type and an offset.
constexpr std::size_t kMinimalEntryBytes = 8 + 1 + 4 + 1;
constexpr std::size_t kMinimalTensorBytes = 8 + 1 + 4 + 4 + 8;

void check_magic(std::span<const std::byte> bytes, const std::string& path) {
  const bool is_gguf = bytes.size() >= kGgufMagic.size() &&
                       std::memcmp(bytes.data(), kGgufMagic.data(), kGgufMagic.size()) == 0;
  if (is_gguf) return;
  throw Error(ErrorKind::Input, "is not a GGUF file, it looks like " + file_kind(bytes))
      .at(path)
      .hint(
          "models are read from GGUF files; llama.cpp's convert_hf_to_gguf.py makes them of "
          "others");
}

std::uint32_t read_version(ByteReader& reader) {
  const auto version = reader.read<std::uint32_t>("the version");
  const auto refuse = [&](const std::string& message) {
    return Error(ErrorKind::Unsupported, message).at(reader.file());
  };
  // A small number whose low half is empty was written with the other byte order.
  if (version != 0 && (version & 0xFFFFu) == 0)
    throw refuse("is a big-endian GGUF file")
        .hint("convert it with gguf_convert_endian.py of llama.cpp");
  if (version == 1)
    throw refuse("is GGUF version 1, versions 2 and 3 are supported")
        .hint("convert the model again with a recent converter");
  if (version != 2 && version != 3)
    throw refuse("is GGUF version " + std::to_string(version) + ", versions 2 and 3 are supported");
  return version;
}

std::string_view read_name(ByteReader& reader, std::string_view what) {
  const std::string_view name = reader.read_text(what);
  if (name.empty()) throw reader.fail(std::string(what) + " is empty");
  if (name.size() > kGgufMaxNameBytes)
    throw reader.fail(std::string(what) + " has " + std::to_string(name.size()) +
                      " bytes, at most " + std::to_string(kGgufMaxNameBytes) + " are allowed");
  return name;
}

void read_metadata(ByteReader& reader, std::uint64_t count, GgufMetadata& metadata) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string_view key = read_name(reader, "a metadata key");
    const auto type = reader.read<std::uint32_t>("the type of " + quoted(key));
    if (type >= kMetadataTypeCount)
      throw reader.fail("the value of " + quoted(key) + " has the unknown type " +
                        std::to_string(type));
    metadata.add(key, MetadataValue::read(reader, static_cast<MetadataType>(type), key));
  }
}

Shape read_shape(ByteReader& reader, const std::string& name) {
  const auto rank = reader.read<std::uint32_t>("the rank of tensor " + quoted(name));
  if (rank > kGgufMaxRank)
    throw reader.fail("tensor " + quoted(name) + " has " + std::to_string(rank) +
                      " dimensions, at most " + std::to_string(kGgufMaxRank) + " are allowed");
  std::array<std::int64_t, kGgufMaxRank> dimensions{};
  for (std::uint32_t axis = 0; axis < rank; ++axis) {
    const auto dimension = reader.read<std::uint64_t>("the shape of tensor " + quoted(name));
    if (dimension > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      throw reader.fail("tensor " + quoted(name) + " has a dimension of " +
                        std::to_string(dimension));
    dimensions[rank - 1 - axis] = static_cast<std::int64_t>(dimension);
  }
  return Shape(std::span<const std::int64_t>(dimensions.data(), rank));
}

std::uint64_t checked_elements(const ByteReader& reader, const GgufTensor& tensor) {
  std::int64_t product = 1;
  for (const std::int64_t dimension : tensor.shape.dimensions())
    if (__builtin_mul_overflow(product, dimension, &product))
      throw reader.fail("tensor " + quoted(tensor.name) + " of shape " + tensor.shape.to_string() +
                        " has more elements than can be counted");
  return static_cast<std::uint64_t>(product);
}

// Bytes of the tensor; empty where the type's size is unknown.
std::optional<std::uint64_t> checked_bytes(const ByteReader& reader, const GgufTensor& tensor) {
  const GgmlType* type = find_ggml_type(tensor.ggml_type);
  if (type == nullptr || type->block_elements == 0) return std::nullopt;
  const Shape& shape = tensor.shape;
  const std::int64_t row = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
  if (row % type->block_elements != 0)
    throw reader.fail("tensor " + quoted(tensor.name) + " of shape " + shape.to_string() +
                      " has rows that are no multiple of " + std::to_string(type->block_elements) +
                      ", the block of " + tensor.type_name);
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(tensor.elements / type->block_elements,
                             std::uint64_t{type->block_bytes}, &bytes))
    throw reader.fail("tensor " + quoted(tensor.name) + " of shape " + shape.to_string() +
                      " has more bytes than can be counted");
  return bytes;
}

GgufTensor read_tensor(ByteReader& reader) {
  GgufTensor tensor;
  tensor.name = read_name(reader, "a tensor name");
  tensor.shape = read_shape(reader, tensor.name);
  tensor.ggml_type = reader.read<std::uint32_t>("the type of tensor " + quoted(tensor.name));
  tensor.type_name = ggml_type_name(tensor.ggml_type);
  tensor.dtype = dtype_of_ggml_type(tensor.ggml_type);
  read_packed_type(tensor);
  tensor.elements = checked_elements(reader, tensor);
  tensor.bytes = checked_bytes(reader, tensor);
  tensor.offset = reader.read<std::uint64_t>("the offset of tensor " + quoted(tensor.name));
  return tensor;
}

void read_tensors(ByteReader& reader, std::uint64_t count, std::vector<GgufTensor>& tensors) {
  // Nothing is reserved: `count` may be a lie that the size of a large file would still allow.
  std::unordered_set<std::string> names;
  for (std::uint64_t i = 0; i < count; ++i) {
    tensors.push_back(read_tensor(reader));
    if (!names.insert(tensors.back().name).second)
      throw reader.fail("there are two tensors named " + quoted(tensors.back().name));
  }
}

// Turns offsets within the data into offsets within the file, and sees that they lie in it.
void place_tensors(std::span<const std::byte> bytes, GgufHeader& header) {
  const GgufFile::Part& part = header.part;
  const auto refuse = [&](const GgufTensor& tensor, const std::string& message) {
    return Error(ErrorKind::Input, "tensor " + quoted(tensor.name) + " " + message).at(part.path);
  };
  for (GgufTensor& tensor : header.tensors) {
    if (tensor.offset % part.alignment != 0)
      throw refuse(tensor, "starts at " + std::to_string(tensor.offset) +
                               ", no multiple of the alignment " + std::to_string(part.alignment));
    std::uint64_t end = 0;
    const bool is_over = __builtin_add_overflow(tensor.offset, part.data_offset, &tensor.offset) ||
                         __builtin_add_overflow(tensor.offset, tensor.bytes.value_or(0), &end);
    if (is_over || end > bytes.size())
      throw refuse(tensor, "does not lie within the file, which has " +
                               std::to_string(bytes.size()) + " bytes")
          .hint("the file is damaged or was not copied to its end; fetch it again");
  }
}

void check_overlap(const GgufHeader& header) {
  std::vector<const GgufTensor*> order;
  for (const GgufTensor& tensor : header.tensors)
    if (tensor.bytes.value_or(0) > 0) order.push_back(&tensor);
  std::ranges::sort(order, {}, &GgufTensor::offset);
  for (std::size_t i = 1; i < order.size(); ++i)
    if (order[i - 1]->offset + *order[i - 1]->bytes > order[i]->offset)
      throw Error(ErrorKind::Input, "tensors " + quoted(order[i - 1]->name) + " and " +
                                        quoted(order[i]->name) + " overlap")
          .at(header.part.path);
}

}  // namespace

std::uint64_t gguf_alignment(const GgufMetadata& metadata) {
  constexpr std::string_view kKey = "general.alignment";
  const std::uint64_t alignment = metadata.find_u64(kKey).value_or(kGgufDefaultAlignment);
  if (alignment == 0 || alignment % 8 != 0 || alignment > (1u << 30))
    throw metadata.error(
        kKey, "is " + std::to_string(alignment) + ", it must be a multiple of 8 of at most 1 GiB");
  return alignment;
}

GgufHeader read_gguf_header(std::span<const std::byte> bytes, const std::string& path) {
  check_magic(bytes, path);
  GgufHeader header;
  header.part.path = path;
  header.part.file_bytes = bytes.size();
  header.metadata = GgufMetadata(path);
  ByteReader reader(bytes, path);
  reader.take(kGgufMagic.size(), "the magic");
  header.part.version = read_version(reader);
  const auto tensor_count = reader.read<std::uint64_t>("the number of tensors");
  const auto entry_count = reader.read<std::uint64_t>("the number of metadata keys");
  reader.check_count(entry_count, kMinimalEntryBytes, "metadata keys");
  reader.check_count(tensor_count, kMinimalTensorBytes, "tensors");
  read_metadata(reader, entry_count, header.metadata);
  header.part.alignment = gguf_alignment(header.metadata);
  reader.check_count(tensor_count, kMinimalTensorBytes, "tensors");
  read_tensors(reader, tensor_count, header.tensors);
  read_packed_sizes(header.metadata, header.tensors);
  const std::uint64_t alignment = header.part.alignment;
  header.part.data_offset = (reader.position() + alignment - 1) / alignment * alignment;
  place_tensors(bytes, header);
  check_overlap(header);
  return header;
}

}  // namespace tenon::formats
