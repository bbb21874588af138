#include "formats/safetensors_writer.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "formats/safetensors_header.h"

namespace tenon::formats {

namespace {

constexpr std::string_view kMetadataKey = "__metadata__";

std::string dump(const nlohmann::ordered_json& json) {
  try {
    return json.dump();
  } catch (const nlohmann::json::type_error&) {
    throw Error(ErrorKind::Input,
                "a name or a text of the metadata is not UTF-8, which JSON needs");
  }
}

void check_plan(std::span<const SafetensorsPlan> plan) {
  std::unordered_set<std::string_view> names;
  for (const SafetensorsPlan& tensor : plan) {
    if (tensor.name == kMetadataKey)
      throw Error(ErrorKind::Input, "a tensor cannot be named " + tenon::quoted(tensor.name));
    if (!names.insert(tensor.name).second)
      throw Error(ErrorKind::Input, "there are two tensors named " + tenon::quoted(tensor.name));
  }
}

std::string header_text(std::span<const SafetensorsPlan> plan,
                        const SafetensorsFile::Metadata& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  for (const auto& [key, text] : metadata) header[std::string(kMetadataKey)][key] = text;
  std::uint64_t offset = 0;
  std::string text = dump(header);
  // Tensors go into the text one by one: an object that finds its keys by walking would take the
  // square of their number.
  text.pop_back();
  for (const SafetensorsPlan& tensor : plan) {
    nlohmann::ordered_json entry;
    entry["dtype"] = dtype_name(tensor.dtype);
    entry["shape"] = std::vector<std::int64_t>(tensor.shape.dimensions().begin(),
                                               tensor.shape.dimensions().end());
    entry["data_offsets"] = {offset, offset + tensor.bytes};
    if (text.size() > 1) text += ',';
    text += dump(tensor.name) + ":" + dump(entry);
    offset += tensor.bytes;
  }
  text += '}';
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace

SafetensorsPlan SafetensorsPlan::of(std::string name, DType dtype, const Shape& shape) {
  if (!dtype_of_safetensors(dtype_name(dtype)))
    throw Error(ErrorKind::Unsupported, "safetensors has no type for " +
                                            std::string(dtype_name(dtype)) + ", which tensor " +
                                            tenon::quoted(name) + " has");
  const std::uint64_t bytes = TensorView{dtype, shape, nullptr}.bytes();
  return {std::move(name), dtype, shape, bytes};
}

SafetensorsWriter::SafetensorsWriter(ByteSink sink, std::vector<SafetensorsPlan> plan,
                                     const SafetensorsFile::Metadata& metadata)
    : sink_(std::move(sink)), plan_(std::move(plan)) {
  check_plan(plan_);
  const std::string header = header_text(plan_, metadata);
  const std::uint64_t length = header.size();
  if (length > kSafetensorsMaxHeaderBytes)
    throw Error(ErrorKind::Input, "the header has " + std::to_string(length) +
                                      " bytes, readers take " +
                                      std::to_string(kSafetensorsMaxHeaderBytes));
  sink_(std::as_bytes(std::span(&length, 1)));
  sink_(std::as_bytes(std::span(header)));
  position_ = sizeof length + header.size();
  settle();
}

void SafetensorsWriter::settle() {
  while (current_ < plan_.size() && written_ == plan_[current_].bytes) {
    ++current_;
    written_ = 0;
  }
}

void SafetensorsWriter::write(std::string_view name, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  TENON_CHECK(current_ < plan_.size() && plan_[current_].name == name);
  TENON_CHECK(bytes.size() <= plan_[current_].bytes - written_);
  sink_(bytes);
  position_ += bytes.size();
  written_ += bytes.size();
  settle();
}

void SafetensorsWriter::finish() {
  TENON_CHECK(current_ == plan_.size());
}

std::vector<SafetensorsShard> plan_shards(std::vector<SafetensorsPlan> tensors,
                                          std::uint64_t max_bytes) {
  std::vector<SafetensorsShard> shards(1);
  std::uint64_t used = 0;
  for (SafetensorsPlan& tensor : tensors) {
    const bool is_full = used > max_bytes || tensor.bytes > max_bytes - used;
    if (is_full && !shards.back().tensors.empty()) {
      shards.emplace_back();
      used = 0;
    }
    used += tensor.bytes;
    shards.back().tensors.push_back(std::move(tensor));
  }
  for (std::size_t i = 0; i < shards.size(); ++i) {
    char name[64];
    std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", i + 1, shards.size());
    shards[i].file_name = shards.size() == 1 ? "model.safetensors" : name;
  }
  return shards;
}

std::string safetensors_index(std::span<const SafetensorsShard> shards) {
  std::uint64_t total = 0;
  nlohmann::json map = nlohmann::json::object();
  for (const SafetensorsShard& shard : shards)
    for (const SafetensorsPlan& tensor : shard.tensors) {
      map[tensor.name] = shard.file_name;
      total += tensor.bytes;
    }
  const nlohmann::json index = {{"metadata", {{"total_size", total}}},
                                {"weight_map", std::move(map)}};
  return index.dump(2) + "\n";
}

}  // namespace tenon::formats
