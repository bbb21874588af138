#include "formats/gguf_packed.h"

#include "formats/ggml_types.h"

namespace tenon::formats {

void read_packed_type(GgufTensor& tensor) {
  if (tensor.ggml_type < kPackedType) return;
  const std::optional<DType> dtype = dtype_of_ggml_type(tensor.ggml_type - kPackedType);
  if (!dtype) return;
  tensor.dtype = dtype;
  tensor.type_name = std::string(dtype_name(*dtype)) + " packed";
  tensor.is_packed = true;
}

void read_packed_sizes(const GgufMetadata& metadata, std::vector<GgufTensor>& tensors) {
  std::vector<GgufTensor*> packed;
  for (GgufTensor& tensor : tensors)
    if (tensor.is_packed) packed.push_back(&tensor);
  if (packed.empty()) return;
  const WeightLayout layout = read_packed_layout(metadata);
  if (layout.version == 0)
    throw metadata.error(kPackedVersion,
                         "is missing or 0, but tensor " + quoted(packed[0]->name) + " is packed");
  const std::vector<std::int64_t> bytes = metadata.require_i64s(kPackedBytes);
  if (bytes.size() != packed.size())
    throw metadata.error(kPackedBytes, "has " + std::to_string(bytes.size()) +
                                           " elements, there are " + std::to_string(packed.size()) +
                                           " packed tensors");
  for (std::size_t i = 0; i < packed.size(); ++i) {
    if (bytes[i] < 0)
      throw metadata.error(kPackedBytes, "has the element " + std::to_string(bytes[i]));
    packed[i]->bytes = static_cast<std::uint64_t>(bytes[i]);
  }
}

WeightLayout read_packed_layout(const GgufMetadata& metadata) {
  const auto provider = metadata.find_string(kPackedProvider);
  const auto version = metadata.find_u64(kPackedVersion);
  if (!provider && !version) return {};
  if (!provider || !version || *version > UINT32_MAX)
    throw metadata.error(kPackedVersion, "and tenon.packed.provider must both be there");
  return {.provider = std::string(*provider), .version = static_cast<std::uint32_t>(*version)};
}

void set_packed_keys(GgufMetadata& metadata, const WeightLayout& layout,
                     const std::vector<std::uint64_t>& bytes) {
  std::vector<MetadataValue> sizes;
  for (const std::uint64_t size : bytes) sizes.push_back(MetadataValue::of(size));
  metadata.set("general.alignment", MetadataValue::of(kPackedAlignment));
  metadata.set(kPackedProvider, MetadataValue::of(layout.provider));
  metadata.set(kPackedVersion, MetadataValue::of(layout.version));
  metadata.set(kPackedBytes, MetadataValue::array(MetadataType::U64, sizes));
}

}  // namespace tenon::formats
