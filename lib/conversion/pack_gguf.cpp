#include "conversion/pack_gguf.h"

#include <utility>

#include "base/error.h"
#include "conversion/quantize_gguf.h"
#include "formats/ggml_types.h"
#include "formats/gguf_packed.h"
#include "formats/gguf_writer.h"

namespace tenon::conversion {

namespace {

constexpr std::string_view kEmbedding = "token_embd.weight";

std::vector<TensorPlan> unchanged_plan(const formats::GgufFile& file) {
  std::vector<TensorPlan> plan;
  for (const std::string& name : file.names()) {
    const TensorView view = *file.find(name);
    plan.push_back({name, view.shape, view.dtype, view.dtype, TypeReason::Kept});
  }
  return plan;
}

/// The tensors of a packed file and their bytes, in order.
class PackedPlan {
 public:
  PackedPlan(const std::vector<TensorPlan>& plan, const kernels::Kernels& kernels)
      : kernels_(kernels) {
    bool has_head = false;
    for (const TensorPlan& tensor : plan) has_head = has_head || tensor.name == "output.weight";
    for (const TensorPlan& tensor : plan) {
      const bool is_embedding = tensor.name == kEmbedding;
      if (!is_matrix(tensor) || is_embedding)
        table_.push_back(formats::GgufTensorPlan::of(tensor.name, tensor.to, tensor.shape));
      if (is_matrix(tensor) && !is_embedding) add(tensor, tensor.name);
      if (is_embedding && !has_head) add(tensor, tensor.name + ".packed");
    }
  }

  const std::vector<formats::GgufTensorPlan>& table() const { return table_; }
  const std::vector<std::uint64_t>& packed_bytes() const { return packed_bytes_; }

 private:
  static bool is_matrix(const TensorPlan& tensor) {
    const bool is_number = dtype_info(tensor.to).is_block_quantised || tensor.to == DType::F32 ||
                           tensor.to == DType::F16 || tensor.to == DType::BF16;
    return is_number && tensor.shape.rank() == 2;
  }

  void add(const TensorPlan& tensor, const std::string& name) {
    // Placing touches no memory.
    const auto placed =
        kernels_.place_weight({tensor.to, tensor.shape, nullptr}, kernels::Precision::Fast);
    packed_bytes_.push_back(placed->packed_bytes().size());
    table_.push_back({.name = name,
                      .ggml_type = formats::kPackedType + *formats::ggml_type_of_dtype(tensor.to),
                      .shape = tensor.shape,
                      .bytes = packed_bytes_.back()});
  }

  const kernels::Kernels& kernels_;
  std::vector<formats::GgufTensorPlan> table_;
  std::vector<std::uint64_t> packed_bytes_;
};

/// Gathers the bytes of one tensor and writes them as the table wants.
class TensorPacker {
 public:
  TensorPacker(const PackedPlan& plan, const kernels::Kernels& kernels, formats::GgufWriter& writer,
               Team& team)
      : plan_(plan), kernels_(kernels), writer_(writer), team_(team) {}

  void write(const TensorPlan& tensor, std::span<const std::byte> piece) {
    const TensorView shape{tensor.to, tensor.shape, nullptr};
    const std::size_t size = shape.bytes();
    buffer_.reserve_discarding(filled_ == 0 ? size : 0);
    std::copy(piece.begin(), piece.end(), buffer_.data() + filled_);
    filled_ += piece.size();
    if (filled_ < size) return;
    filled_ = 0;
    while (next_ < plan_.table().size() && is_of(plan_.table()[next_], tensor.name))
      write_entry(plan_.table()[next_++], {tensor.to, tensor.shape, buffer_.data()});
  }

 private:
  static bool is_of(const formats::GgufTensorPlan& entry, const std::string& name) {
    return entry.name == name || entry.name == name + ".packed";
  }

  void write_entry(const formats::GgufTensorPlan& entry, const TensorView& view) {
    if (entry.ggml_type < formats::kPackedType)
      return writer_.write(entry.name, {view.data, view.bytes()});
    const auto weight = kernels_.place_weight(view, kernels::Precision::Fast);
    team_.parallel_for(weight->grains, 1, [&](Range grains) {
      weight->pack(grains, view.row(grains.begin * kernels::Kernels::kColumnGrain));
    });
    writer_.write(entry.name, weight->packed_bytes());
  }

  const PackedPlan& plan_;
  const kernels::Kernels& kernels_;
  formats::GgufWriter& writer_;
  Team& team_;
  AlignedBuffer<std::byte> buffer_;
  std::size_t filled_ = 0;
  std::size_t next_ = 0;  // index into the table
};

}  // namespace

std::vector<TensorReport> pack_gguf(const formats::GgufFile& file,
                                    const std::optional<QuantizeOptions>& quantization,
                                    const kernels::Kernels& kernels, formats::ByteSink sink,
                                    Team& team,
                                    const std::function<void(const TensorReport&)>& done) {
  const WeightLayout layout = kernels.packed_layout();
  if (layout.version == 0)
    throw Error(ErrorKind::Unsupported, "the " + layout.provider +
                                            " kernels read weights as they lie in the file: there "
                                            "is no packed layout for them")
        .hint("--kernels auto takes kernels that have one");
  if (file.packed_layout().version != 0)
    throw Error(ErrorKind::Unsupported, "the weights are packed already")
        .at(file.origin())
        .hint("take the file that it was packed from");
  const std::vector<TensorPlan> plan =
      quantization ? plan_quantization(file, *quantization) : unchanged_plan(file);
  const PackedPlan packed(plan, kernels);
  formats::GgufMetadata metadata = file.metadata();
  if (quantization) set_quantization_keys(metadata, quantization->dtype);
  formats::set_packed_keys(metadata, layout, packed.packed_bytes());
  formats::GgufWriter writer(std::move(sink), metadata, packed.table());
  TensorPacker packer(packed, kernels, writer, team);
  auto reports = quantize_tensors(
      file, plan,
      [&](const TensorPlan& tensor, std::span<const std::byte> bytes) {
        packer.write(tensor, bytes);
      },
      team, done);
  writer.finish();
  return reports;
}

}  // namespace tenon::conversion
