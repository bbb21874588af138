#include <algorithm>
#include <cstring>

#include "base/aligned_buffer.h"
#include "kernels/highway/highway_kernels.h"
#include "kernels/highway/simd.h"
#include "kernels/provider.h"
#include "kernels/weight_memory.h"
#include "precision/block_formats.h"

namespace tenon::kernels::highway {

namespace {

class HighwayWeight final : public MatmulWeight {
 public:
  HighwayWeight(const TensorView& view, bool is_packed) : HighwayWeight(view) {
    bytes_read = view.bytes();
    if (!is_packed) return;
    memory = WeightMemory(packed_size());
    grains = (out_features + Kernels::kColumnGrain - 1) / Kernels::kColumnGrain;
    packed = memory.data();
    bytes_read = bytes_owned = memory.size();
  }

  // Packed already, somewhere else.
  explicit HighwayWeight(const PackedTensor& stored)
      : HighwayWeight(TensorView{stored.dtype, stored.shape, nullptr}) {
    bytes_read = packed_size();
    check_packed(stored, bytes_read);
    packed = reinterpret_cast<const std::uint8_t*>(stored.bytes.data());
  }

  std::span<const std::byte> packed_bytes() const override {
    return std::as_bytes(std::span(memory.data(), memory.size()));
  }

  void pack(Range range, const std::byte* rows) override {
    const std::int64_t first = range.begin * Kernels::kColumnGrain;
    const std::int64_t count =
        std::min<std::int64_t>(range.size() * Kernels::kColumnGrain, out_features - first);
    pack_tiles({dtype, {count, in_features}, rows},
               memory.data() + static_cast<std::size_t>(first / kTileColumns) * tile_bytes);
  }

  TensorView file;
  TileLayout layout;
  std::size_t tile_bytes = 0;
  const std::uint8_t* packed = nullptr;  // null: rows of the file are dequantised by every product
  WeightMemory memory;                   // of the packed tiles, unless they lie elsewhere

 private:
  explicit HighwayWeight(const TensorView& view) : file(view), layout(tile_layout(view.dtype)) {
    out_features = view.shape[0];
    in_features = view.shape[1];
    dtype = view.dtype;
    tile_bytes = layout.tile_bytes(in_features);
  }

  std::size_t packed_size() const {
    const std::int64_t count = (out_features + kTileColumns - 1) / kTileColumns;
    return static_cast<std::size_t>(count) * tile_bytes;
  }
};

struct ThreadMemory {
  AlignedBuffer<float> panel;
  AlignedBuffer<float> sums;
};
ThreadMemory& thread_memory() {
  static thread_local ThreadMemory memory;
  return memory;
}

/// The product of one weight and all rows, kPanelColumns columns at a time.
class PanelProduct {
 public:
  PanelProduct(const HighwayWeight& weight, const float* activations, std::size_t stride, int rows)
      : weight_(weight), activations_(activations), stride_(stride), rows_(rows) {
    ThreadMemory& memory = thread_memory();
    memory.panel.reserve_discarding(kPanelColumns * static_cast<std::size_t>(kFileInputs));
    sums_size_ = static_cast<std::size_t>(rows) * kPanelColumns;
    memory.sums.reserve_discarding(sums_size_);
    panel_ = memory.panel.data();
    sums_ = memory.sums.data();
  }

  void multiply(Range columns, float* output, std::ptrdiff_t output_stride) {
    const bool is_packed = weight_.packed != nullptr;
    const std::int64_t step = is_packed ? kPanelInputs : kFileInputs;
    std::fill_n(sums_, sums_size_, 0.0f);
    std::fill_n(panel_, kPanelColumns * step, 0.0f);  // columns that are not there
    for (std::int64_t first = 0; first < weight_.in_features; first += step) {
      const std::int64_t inputs = std::min(step, weight_.in_features - first);
      if (is_packed)
        unpack(columns, first, inputs);
      else
        dequantize_rows(columns, first, inputs);
      add_panel_product(panel_, inputs, activations_ + first, stride_, rows_, sums_);
    }
    for (int r = 0; r < rows_; ++r)
      std::copy_n(sums_ + r * kPanelColumns, columns.size(),
                  output + r * output_stride + columns.begin);
  }

 private:
  static constexpr std::int64_t kFileInputs = 256;  // whole blocks of every format

  void unpack(Range columns, std::int64_t first, std::int64_t inputs) {
    const std::ptrdiff_t tile = columns.begin / kTileColumns;
    const auto count = static_cast<int>((columns.size() + kTileColumns - 1) / kTileColumns);
    unpack_panel(weight_.layout,
                 weight_.packed + static_cast<std::size_t>(tile) * weight_.tile_bytes,
                 weight_.tile_bytes, count, first, inputs, panel_);
  }

  void dequantize_rows(Range columns, std::int64_t first, std::int64_t inputs) {
    float row[kFileInputs];
    for (std::ptrdiff_t c = columns.begin; c < columns.end; ++c) {
      const std::byte* source =
          weight_.file.row(c) + row_bytes(weight_.dtype, static_cast<std::size_t>(first));
      precision::dequantize(weight_.dtype, source, {row, static_cast<std::size_t>(inputs)});
      for (std::int64_t k = 0; k < inputs; ++k)
        panel_[k * kPanelColumns + c - columns.begin] = row[k];
    }
  }

  const HighwayWeight& weight_;
  const float* activations_;
  std::size_t stride_;
  int rows_;
  float* panel_;
  float* sums_;
  std::size_t sums_size_;
};

}  // namespace

std::unique_ptr<MatmulWeight> HighwayKernels::place_weight(const TensorView& weight,
                                                           Precision precision,
                                                           bool may_repack) const {
  check_weight(weight);
  return std::make_unique<HighwayWeight>(weight, may_repack && precision == Precision::Fast);
}

WeightLayout HighwayKernels::packed_layout() const {
  return {.provider = "highway", .version = kPackedTilesVersion};
}

std::unique_ptr<MatmulWeight> HighwayKernels::adopt_weight(const PackedTensor& packed) const {
  check_weight({packed.dtype, packed.shape, packed.bytes.data()});
  return std::make_unique<HighwayWeight>(packed);
}

ActivationForm HighwayKernels::activation_form(const MatmulWeight&) const {
  return ActivationForm::Float32;
}

std::size_t HighwayKernels::activation_row_bytes(ActivationForm form,
                                                 std::int64_t in_features) const {
  return reference_kernels().activation_row_bytes(form, in_features);
}

void HighwayKernels::prepare_activations(ActivationForm form, const float* input,
                                         std::ptrdiff_t input_stride, std::int64_t in_features,
                                         Range rows, std::byte* destination) const {
  reference_kernels().prepare_activations(form, input, input_stride, in_features, rows,
                                          destination);
}

void HighwayKernels::matmul(const MatmulWeight& weight, const std::byte* activations, int rows,
                            Range columns, float* output, std::ptrdiff_t output_stride) const {
  if (rows <= 0 || columns.size() <= 0) return;
  const auto& own = static_cast<const HighwayWeight&>(weight);
  const std::size_t stride =
      activation_row_bytes(ActivationForm::Float32, own.in_features) / sizeof(float);
  PanelProduct product(own, reinterpret_cast<const float*>(activations), stride, rows);
  for (std::ptrdiff_t c = columns.begin; c < columns.end; c += kPanelColumns)
    product.multiply({c, std::min<std::ptrdiff_t>(c + kPanelColumns, columns.end)}, output,
                     output_stride);
}

}  // namespace tenon::kernels::highway
