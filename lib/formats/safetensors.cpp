#include "formats/safetensors.h"

#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <unordered_map>

#include "base/aligned_buffer.h"
#include "base/mapped_file.h"
#include "formats/safetensors_header.h"

namespace tenon::formats {

namespace {

constexpr const char* kFileName = "model.safetensors";
constexpr const char* kIndexName = "model.safetensors.index.json";

// The file in a folder, or the path itself.
std::string resolve(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path folder(path);
  if (!std::filesystem::is_directory(folder, ignored)) return path;
  for (const char* name : {kIndexName, kFileName})
    if (std::filesystem::exists(folder / name, ignored)) return (folder / name).string();
  throw Error(ErrorKind::Resource,
              std::string("the folder holds neither ") + kFileName + " nor " + kIndexName)
      .at(path);
}

MappedFile open_shard(const std::string& path, const std::string& index) {
  try {
    return MappedFile(path);
  } catch (Error& error) {
    throw error.hint("it is a part of the model that " + index +
                     " describes; put all parts in one folder");
  }
}

}  // namespace

struct SafetensorsFile::Contents {
  std::vector<MappedFile> files;  // empty where the bytes are somebody else's
  std::vector<std::span<const std::byte>> bytes;
  std::vector<std::string> paths;
  std::string origin;
  Metadata metadata;
  std::vector<SafetensorsTensor> tensors;
  std::vector<std::string> names;
  std::unordered_map<std::string_view, std::size_t> index;
  // Tensors that could not be read in place.
  std::mutex mutex;
  std::map<std::size_t, AlignedBuffer<std::byte>> copies;

  void add_single(std::span<const std::byte> part, const std::string& path);
  void add_shards(std::span<const std::byte> text, const std::string& path);
  void finish();
  const std::byte* aligned(std::size_t tensor, std::span<const std::byte> stored);
};

void SafetensorsFile::Contents::add_single(std::span<const std::byte> part,
                                           const std::string& path) {
  SafetensorsHeader header = read_safetensors_header(part, path);
  bytes.push_back(part);
  paths.push_back(path);
  metadata = std::move(header.metadata);
  tensors = std::move(header.tensors);
}

// The index says which file a tensor is to be taken from; what else a file holds does not count.
void SafetensorsFile::Contents::add_shards(std::span<const std::byte> text,
                                           const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  struct Shard {
    std::size_t part = 0;
    std::unordered_map<std::string, SafetensorsTensor> tensors;
  };
  std::unordered_map<std::string, Shard> shards;
  for (const auto& [name, file] : read_safetensors_index(text, path)) {
    auto [shard, is_new] = shards.try_emplace(file);
    if (is_new) {
      const std::string shard_path = (folder / file).string();
      files.push_back(open_shard(shard_path, path));
      SafetensorsHeader header = read_safetensors_header(files.back().bytes(), shard_path);
      shard->second.part = paths.size();
      for (SafetensorsTensor& tensor : header.tensors)
        shard->second.tensors.emplace(tensor.name, std::move(tensor));
      metadata.insert(metadata.end(), header.metadata.begin(), header.metadata.end());
      bytes.push_back(files.back().bytes());
      paths.push_back(shard_path);
    }
    const auto tensor = shard->second.tensors.find(name);
    if (tensor == shard->second.tensors.end())
      throw Error(ErrorKind::Input, "tensor " + tenon::quoted(name) + " is said to be in " +
                                        tenon::quoted(file) + ", which does not hold it")
          .at(path);
    tensors.push_back(tensor->second);
    tensors.back().part = shard->second.part;
  }
}

void SafetensorsFile::Contents::finish() {
  for (const SafetensorsTensor& tensor : tensors) names.push_back(tensor.name);
  for (std::size_t i = 0; i < names.size(); ++i) index.emplace(names[i], i);
}

const std::byte* SafetensorsFile::Contents::aligned(std::size_t tensor,
                                                    std::span<const std::byte> stored) {
  const auto alignment =
      static_cast<std::uintptr_t>(dtype_info(*tensors[tensor].dtype).block_bytes);
  if (stored.empty() || reinterpret_cast<std::uintptr_t>(stored.data()) % alignment == 0)
    return stored.data();
  const std::lock_guard lock(mutex);
  AlignedBuffer<std::byte>& copy = copies[tensor];
  if (copy.empty()) {
    copy = AlignedBuffer<std::byte>(stored.size());
    std::memcpy(copy.data(), stored.data(), stored.size());
  }
  return copy.data();
}

SafetensorsFile SafetensorsFile::from_bytes(std::span<const std::byte> bytes, std::string name) {
  auto contents = std::make_unique<Contents>();
  contents->origin = name;
  contents->add_single(bytes, name);
  contents->finish();
  return SafetensorsFile(std::move(contents));
}

SafetensorsFile SafetensorsFile::open(const std::string& path) {
  auto contents = std::make_unique<Contents>();
  const std::string file = resolve(path);
  contents->origin = path;
  MappedFile mapped(file);
  if (file.ends_with(".json")) {
    contents->add_shards(mapped.bytes(), file);
  } else {
    contents->add_single(mapped.bytes(), file);
    contents->files.push_back(std::move(mapped));
  }
  contents->finish();
  return SafetensorsFile(std::move(contents));
}

SafetensorsFile::SafetensorsFile(std::unique_ptr<Contents> contents)
    : contents_(std::move(contents)) {}
SafetensorsFile::~SafetensorsFile() = default;
SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;
SafetensorsFile& SafetensorsFile::operator=(SafetensorsFile&&) noexcept = default;

const SafetensorsFile::Metadata& SafetensorsFile::metadata() const {
  return contents_->metadata;
}
const std::vector<std::string>& SafetensorsFile::parts() const {
  return contents_->paths;
}
const std::vector<SafetensorsTensor>& SafetensorsFile::tensors() const {
  return contents_->tensors;
}
const std::vector<std::string>& SafetensorsFile::names() const {
  return contents_->names;
}
std::string SafetensorsFile::origin() const {
  return contents_->origin;
}

const SafetensorsTensor* SafetensorsFile::find_tensor(std::string_view name) const {
  const auto found = contents_->index.find(name);
  return found == contents_->index.end() ? nullptr : &contents_->tensors[found->second];
}

std::span<const std::byte> SafetensorsFile::tensor_bytes(const SafetensorsTensor& tensor) const {
  return contents_->bytes[tensor.part].subspan(tensor.offset, tensor.bytes);
}

std::optional<TensorView> SafetensorsFile::find(std::string_view name) const {
  const auto found = contents_->index.find(name);
  if (found == contents_->index.end()) return std::nullopt;
  const SafetensorsTensor& tensor = contents_->tensors[found->second];
  if (!tensor.dtype)
    throw Error(ErrorKind::Unsupported, "tensor " + tenon::quoted(tensor.name) + " is stored as " +
                                            tensor.type_name + ", which Tenon does not read")
        .at(parts()[tensor.part]);
  return TensorView{*tensor.dtype, tensor.shape,
                    contents_->aligned(found->second, tensor_bytes(tensor))};
}

}  // namespace tenon::formats
