#include "formats/gguf.h"

#include <algorithm>
#include <unordered_map>

#include "base/mapped_file.h"
#include "formats/gguf_header.h"
#include "formats/gguf_packed.h"
#include "formats/gguf_split.h"

namespace tenon::formats {

struct GgufFile::Contents {
  std::vector<MappedFile> files;  // empty where the bytes are somebody else's
  std::vector<std::span<const std::byte>> bytes;
  std::vector<Part> parts;
  GgufMetadata metadata;
  std::vector<GgufTensor> tensors;
  std::vector<std::string> names;
  std::unordered_map<std::string_view, std::size_t> index;

  void add_part(std::span<const std::byte> part_bytes, GgufHeader header);
};

void GgufFile::Contents::add_part(std::span<const std::byte> part_bytes, GgufHeader header) {
  if (parts.empty()) metadata = std::move(header.metadata);
  for (GgufTensor& tensor : header.tensors) {
    tensor.part = parts.size();
    names.push_back(tensor.name);
    tensors.push_back(std::move(tensor));
  }
  bytes.push_back(part_bytes);
  parts.push_back(std::move(header.part));
}

namespace {

// Tensors are looked at in place: a float must lie where a float may.
void check_aligned(std::span<const std::byte> bytes) {
  TENON_CHECK(reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 == 0);
}

}  // namespace

GgufFile GgufFile::assemble(std::span<const NamedBytes> parts, std::vector<GgufHeader> headers) {
  check_split(headers);
  auto contents = std::make_unique<Contents>();
  for (std::size_t i = 0; i < parts.size(); ++i)
    contents->add_part(parts[i].bytes, std::move(headers[i]));
  for (std::size_t i = 0; i < contents->names.size(); ++i)
    contents->index.emplace(contents->names[i], i);
  return GgufFile(std::move(contents));
}

GgufFile GgufFile::from_bytes(std::span<const std::byte> bytes, std::string name) {
  const NamedBytes part{std::move(name), bytes};
  return from_parts({&part, 1});
}

GgufFile GgufFile::from_parts(std::span<const NamedBytes> parts) {
  std::vector<GgufHeader> headers;
  for (const NamedBytes& part : parts) {
    check_aligned(part.bytes);
    headers.push_back(read_gguf_header(part.bytes, part.name));
  }
  return assemble(parts, std::move(headers));
}

GgufFile GgufFile::open(const std::string& path) {
  std::vector<MappedFile> files;
  files.emplace_back(path);
  std::vector<GgufHeader> headers;
  headers.push_back(read_gguf_header(files[0].bytes(), path));
  const std::vector<std::string> siblings = split_siblings(headers[0]);
  if (!siblings.empty()) {
    files.clear();
    headers.clear();
    for (const std::string& sibling : siblings) {
      files.push_back(open_sibling(sibling, path));
      headers.push_back(read_gguf_header(files.back().bytes(), sibling));
    }
  }
  std::vector<NamedBytes> parts;
  for (const MappedFile& file : files) parts.push_back({file.path(), file.bytes()});
  GgufFile result = assemble(parts, std::move(headers));
  result.contents_->files = std::move(files);  // moving a mapping does not move its bytes
  return result;
}

GgufFile::GgufFile(std::unique_ptr<Contents> contents) : contents_(std::move(contents)) {}
GgufFile::~GgufFile() = default;
GgufFile::GgufFile(GgufFile&&) noexcept = default;
GgufFile& GgufFile::operator=(GgufFile&&) noexcept = default;

const GgufMetadata& GgufFile::metadata() const {
  return contents_->metadata;
}
const std::vector<GgufFile::Part>& GgufFile::parts() const {
  return contents_->parts;
}
const std::vector<GgufTensor>& GgufFile::tensors() const {
  return contents_->tensors;
}
const std::vector<std::string>& GgufFile::names() const {
  return contents_->names;
}
std::string GgufFile::origin() const {
  return contents_->parts[0].path;
}

const GgufTensor* GgufFile::find_tensor(std::string_view name) const {
  const auto found = contents_->index.find(name);
  return found == contents_->index.end() ? nullptr : &contents_->tensors[found->second];
}

std::span<const std::byte> GgufFile::tensor_bytes(const GgufTensor& tensor) const {
  if (!tensor.bytes)
    throw Error(ErrorKind::Unsupported, "tensor " + quoted(tensor.name) + " is stored as " +
                                            tensor.type_name + ", whose size is not known")
        .at(parts()[tensor.part].path);
  return contents_->bytes[tensor.part].subspan(tensor.offset, *tensor.bytes);
}

std::optional<TensorView> GgufFile::find(std::string_view name) const {
  const GgufTensor* tensor = find_tensor(name);
  if (tensor == nullptr) return std::nullopt;
  if (tensor->is_packed)
    throw Error(ErrorKind::Unsupported, "tensor " + quoted(tensor->name) + " is packed for the " +
                                            packed_layout().provider +
                                            " kernels: its numbers cannot be read")
        .at(parts()[tensor->part].path)
        .hint("take the file that it was packed from");
  if (!tensor->dtype)
    throw Error(ErrorKind::Unsupported, "tensor " + quoted(tensor->name) + " is stored as " +
                                            tensor->type_name + ", which Tenon does not read")
        .at(parts()[tensor->part].path)
        .hint(
            "take a file of the same model quantised as Q4_K, Q6_K, Q8_0 or another supported "
            "type");
  return TensorView{*tensor->dtype, tensor->shape, tensor_bytes(*tensor).data()};
}

std::optional<PackedTensor> GgufFile::find_packed(std::string_view name) const {
  const GgufTensor* tensor = find_tensor(name);
  if (tensor == nullptr || !tensor->is_packed) return std::nullopt;
  return PackedTensor{*tensor->dtype, tensor->shape, tensor_bytes(*tensor)};
}

WeightLayout GgufFile::packed_layout() const {
  return read_packed_layout(metadata());
}

std::span<const std::byte> GgufFile::read(const TensorView& tensor, std::size_t offset,
                                          std::size_t size, std::span<std::byte> buffer) const {
  const std::byte* begin = tensor.data + offset;
  for (const MappedFile& file : contents_->files) {
    const std::span<const std::byte> bytes = file.bytes();
    if (begin < bytes.data() || begin >= bytes.data() + bytes.size()) continue;
    file.read(static_cast<std::size_t>(begin - bytes.data()), buffer.first(size));
    return buffer.first(size);
  }
  return {begin, size};
}

}  // namespace tenon::formats
