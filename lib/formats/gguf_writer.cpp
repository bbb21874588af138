#include "formats/gguf_writer.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "formats/ggml_types.h"
#include "formats/gguf_header.h"

namespace tenon::formats {

namespace {

template <typename T>
void append_number(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void append_text(std::string& bytes, std::string_view text) {
  append_number<std::uint64_t>(bytes, text.size());
  bytes += text;
}

bool is_split_key(std::string_view key) {
  return key.starts_with("split.");
}

void check_plan(std::span<const GgufTensorPlan> plan) {
  std::unordered_set<std::string_view> names;
  for (const GgufTensorPlan& tensor : plan) {
    if (tensor.name.empty() || tensor.name.size() > kGgufMaxNameBytes)
      throw Error(ErrorKind::Input, "a tensor name has " + std::to_string(tensor.name.size()) +
                                        " bytes, 1 to " + std::to_string(kGgufMaxNameBytes) +
                                        " are allowed");
    if (!names.insert(tensor.name).second)
      throw Error(ErrorKind::Input, "there are two tensors named " + quoted(tensor.name));
    if (tensor.shape.rank() > kGgufMaxRank)
      throw Error(ErrorKind::Shape, "tensor " + quoted(tensor.name) + " of shape " +
                                        tensor.shape.to_string() + " has more than " +
                                        std::to_string(kGgufMaxRank) + " dimensions");
  }
}

void append_tensor(std::string& bytes, const GgufTensorPlan& tensor, std::uint64_t offset) {
  append_text(bytes, tensor.name);
  append_number(bytes, static_cast<std::uint32_t>(tensor.shape.rank()));
  // The file has the innermost dimension first.
  for (int axis = tensor.shape.rank() - 1; axis >= 0; --axis)
    append_number(bytes, static_cast<std::uint64_t>(tensor.shape[axis]));
  append_number(bytes, tensor.ggml_type);
  append_number(bytes, offset);
}

}  // namespace

GgufTensorPlan GgufTensorPlan::of(std::string name, DType dtype, const Shape& shape) {
  const auto type = ggml_type_of_dtype(dtype);
  if (!type)
    throw Error(ErrorKind::Unsupported, "GGUF has no tensor type for " +
                                            std::string(dtype_name(dtype)) + ", which tensor " +
                                            quoted(name) + " has");
  const std::uint64_t bytes = TensorView{dtype, shape, nullptr}.bytes();
  return {std::move(name), *type, shape, bytes};
}

GgufWriter::GgufWriter(ByteSink sink, const GgufMetadata& metadata,
                       std::vector<GgufTensorPlan> plan)
    : sink_(std::move(sink)), plan_(std::move(plan)) {
  check_plan(plan_);
  alignment_ = gguf_alignment(metadata);
  write_header(metadata);
  settle();
}

void GgufWriter::write_header(const GgufMetadata& metadata) {
  std::string header(kGgufMagic);
  append_number(header, kGgufVersion);
  append_number<std::uint64_t>(header, plan_.size());
  const auto is_written = [](const GgufMetadata::Entry& entry) { return !is_split_key(entry.key); };
  append_number(header,
                static_cast<std::uint64_t>(std::ranges::count_if(metadata.entries(), is_written)));
  for (const GgufMetadata::Entry& entry : metadata.entries()) {
    if (!is_written(entry)) continue;
    if (entry.key.empty() || entry.key.size() > kGgufMaxNameBytes)
      throw metadata.error(entry.key, "the key has " + std::to_string(entry.key.size()) +
                                          " bytes, 1 to " + std::to_string(kGgufMaxNameBytes) +
                                          " are allowed");
    append_text(header, entry.key);
    append_number(header, static_cast<std::uint32_t>(entry.value.type()));
    const auto value = entry.value.encoded();
    header.append(reinterpret_cast<const char*>(value.data()), value.size());
  }
  std::uint64_t offset = 0;
  for (const GgufTensorPlan& tensor : plan_) {
    append_tensor(header, tensor, offset);
    offset += (tensor.bytes + alignment_ - 1) / alignment_ * alignment_;
  }
  put(std::as_bytes(std::span(header)));
  pad();
}

void GgufWriter::put(std::span<const std::byte> bytes) {
  if (!bytes.empty()) sink_(bytes);
  position_ += bytes.size();
}

void GgufWriter::pad() {
  constexpr std::array<std::byte, 64> kZeros{};
  std::uint64_t missing = (alignment_ - position_ % alignment_) % alignment_;
  while (missing > 0) {
    const std::uint64_t count = std::min<std::uint64_t>(missing, kZeros.size());
    put(std::span(kZeros).first(count));
    missing -= count;
  }
}

void GgufWriter::settle() {
  while (current_ < plan_.size() && written_ == plan_[current_].bytes) {
    pad();
    ++current_;
    written_ = 0;
  }
}

void GgufWriter::write(std::string_view name, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  TENON_CHECK(current_ < plan_.size() && plan_[current_].name == name);
  TENON_CHECK(bytes.size() <= plan_[current_].bytes - written_);
  put(bytes);
  written_ += bytes.size();
  settle();
}

void GgufWriter::finish() {
  TENON_CHECK(current_ == plan_.size());
}

}  // namespace tenon::formats
