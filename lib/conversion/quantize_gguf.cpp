#include "conversion/quantize_gguf.h"

#include <utility>

#include "formats/gguf_writer.h"

namespace tenon::conversion {

namespace {

/// general.file_type: the type of most tensors (llama_ftype of llama.h, "mostly ...").
std::uint32_t file_type_of(DType dtype) {
  switch (dtype) {
    case DType::F16:
      return 1;
    case DType::Q4_0:
      return 2;
    case DType::Q4_1:
      return 3;
    case DType::Q8_0:
      return 7;
    case DType::Q5_0:
      return 8;
    case DType::Q5_1:
      return 9;
    case DType::Q2_K:
      return 10;
    case DType::Q3_K:
      return 11;
    case DType::Q4_K:
      return 14;
    case DType::Q5_K:
      return 16;
    case DType::IQ4_NL:
      return 25;
    case DType::Q6_K:
      return 18;
    case DType::BF16:
      return 32;
    default:
      return 0;  // F32
  }
}

}  // namespace

void set_quantization_keys(formats::GgufMetadata& metadata, DType dtype) {
  metadata.set("general.file_type", formats::MetadataValue::of(file_type_of(dtype)));
  metadata.set("general.quantization_version", formats::MetadataValue::of(std::uint32_t{2}));
}

std::vector<TensorReport> quantize_gguf(const formats::GgufFile& file,
                                        const QuantizeOptions& options, formats::ByteSink sink,
                                        Team& team,
                                        const std::function<void(const TensorReport&)>& done) {
  const std::vector<TensorPlan> plan = plan_quantization(file, options);
  formats::GgufMetadata metadata = file.metadata();
  set_quantization_keys(metadata, options.dtype);
  std::vector<formats::GgufTensorPlan> table;
  table.reserve(plan.size());
  for (const TensorPlan& tensor : plan)
    table.push_back(formats::GgufTensorPlan::of(tensor.name, tensor.to, tensor.shape));
  formats::GgufWriter writer(std::move(sink), metadata, std::move(table));
  auto reports = quantize_tensors(
      file, plan,
      [&](const TensorPlan& tensor, std::span<const std::byte> bytes) {
        writer.write(tensor.name, bytes);
      },
      team, done);
  writer.finish();
  return reports;
}

}  // namespace tenon::conversion
