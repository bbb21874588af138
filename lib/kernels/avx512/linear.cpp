#include <algorithm>
#include <cstring>

#include "base/aligned_buffer.h"
#include "kernels/avx512/avx512_kernels.h"
#include "kernels/provider.h"
#include "kernels/weight_memory.h"
#include "precision/block_formats.h"

namespace tenon::kernels::avx512 {

namespace {

/// How a weight is packed and multiplied: what the file's type comes to on this processor.
struct Scheme {
  enum class Kind { Blocks, Floats, Panels } kind;
  PackedFormat blocks = {};
  FloatFormat floats = {};
  ActivationForm form = ActivationForm::Float32;
  void (*multiply)(const ProductJob&) = nullptr;
};

Scheme block_scheme(PackedFormat format, void (*multiply)(const ProductJob&)) {
  return {Scheme::Kind::Blocks, format, {}, ActivationForm::Int8x32, multiply};
}
Scheme float_scheme(FloatFormat format, void (*multiply)(const ProductJob&)) {
  return {Scheme::Kind::Floats, {}, format, ActivationForm::Float32, multiply};
}

Scheme choose_scheme(DType dtype, Precision precision, bool has_bfloat16) {
  if (precision == Precision::Exact) return {Scheme::Kind::Panels};
  switch (dtype) {
    case DType::Q4_0:
      return block_scheme(PackedFormat::Q4_0, multiply_q4_0);
    case DType::Q4_1:
      return block_scheme(PackedFormat::Q4_1, multiply_q4_1);
    case DType::Q5_0:
      return block_scheme(PackedFormat::Q5_0, multiply_q5_0);
    case DType::Q5_1:
      return block_scheme(PackedFormat::Q5_1, multiply_q5_1);
    case DType::Q8_0:
      return block_scheme(PackedFormat::Q8_0, multiply_q8_0);
    case DType::IQ4_NL:
      return block_scheme(PackedFormat::IQ4_NL, multiply_iq4_nl);
    case DType::Q2_K:
      return block_scheme(PackedFormat::Q2_K, multiply_q2_k);
    case DType::Q3_K:
      return block_scheme(PackedFormat::Q3_K, multiply_q3_k);
    case DType::Q4_K:
      return block_scheme(PackedFormat::Q4_K, multiply_q4_k);
    case DType::Q5_K:
      return block_scheme(PackedFormat::Q5_K, multiply_q5_k);
    case DType::Q6_K:
      return block_scheme(PackedFormat::Q6_K, multiply_q6_k);
    case DType::F16:
      return float_scheme(FloatFormat::F16, multiply_float16);
    case DType::BF16:
      if (has_bfloat16)
        return {Scheme::Kind::Floats,
                {},
                FloatFormat::BF16,
                ActivationForm::BFloat16,
                multiply_bfloat16};
      return float_scheme(FloatFormat::BF16, multiply_bfloat16_widened);
    default:
      return float_scheme(FloatFormat::F32, multiply_float32);
  }
}

std::size_t packed_tile_bytes(const Scheme& scheme, std::int64_t in_features) {
  if (scheme.kind == Scheme::Kind::Blocks) {
    const PackedLayout layout = packed_layout(scheme.blocks);
    const std::int64_t blocks = in_features / kActivationBlock;
    const std::int64_t groups = (blocks + layout.group_blocks - 1) / layout.group_blocks;
    return static_cast<std::size_t>(groups * layout.group_bytes());
  }
  const auto size = static_cast<std::size_t>(in_features);
  return scheme.floats == FloatFormat::F32 ? 64 * size : 64 * ((size + 1) / 2);
}

std::size_t tile_count(std::int64_t columns) {
  return static_cast<std::size_t>((columns + kTileColumns - 1) / kTileColumns);
}

class Avx512Weight final : public MatmulWeight {
 public:
  Avx512Weight(const TensorView& view, const Scheme& weight_scheme, bool may_repack)
      : Avx512Weight(view, weight_scheme) {
    bytes_read = view.bytes();
    if (!may_repack || scheme.kind == Scheme::Kind::Panels) return;
    const std::size_t count = tile_count(out_features);
    memory = WeightMemory(count * tile_bytes);
    packed = memory.data();
    bytes_read = bytes_owned = memory.size();
    grains = (out_features + Kernels::kColumnGrain - 1) / Kernels::kColumnGrain;
  }

  // Packed already, somewhere else.
  Avx512Weight(const PackedTensor& stored, const Scheme& weight_scheme)
      : Avx512Weight(TensorView{stored.dtype, stored.shape, nullptr}, weight_scheme) {
    bytes_read = tile_count(out_features) * tile_bytes;
    check_packed(stored, bytes_read);
    packed = reinterpret_cast<const std::uint8_t*>(stored.bytes.data());
  }

  std::span<const std::byte> packed_bytes() const override {
    return std::as_bytes(std::span(memory.data(), memory.size()));
  }

  void pack(Range range, const std::byte* rows) override {
    constexpr std::ptrdiff_t kGrainTiles = Kernels::kColumnGrain / kTileColumns;
    const Range own{
        range.begin * kGrainTiles,
        std::min<std::ptrdiff_t>(range.end * kGrainTiles,
                                 static_cast<std::ptrdiff_t>(tile_count(out_features)))};
    pack_tiles(own, rows, memory.data() + static_cast<std::size_t>(own.begin) * tile_bytes);
  }

  // Tiles of 16 columns from an even one on: pairs lie side by side. `rows` begin with the first of tile
  // range.begin.
  void pack_tiles(Range range, const std::byte* rows, std::uint8_t* to) const {
    const FileWeight weight{reinterpret_cast<const std::uint8_t*>(rows),
                            row_bytes(dtype, static_cast<std::size_t>(in_features)),
                            out_features - range.begin * kTileColumns, in_features};
    if (scheme.kind == Scheme::Kind::Blocks)
      pack_blocks(scheme.blocks, weight, 0, range.size(), to);
    else
      pack_floats(scheme.floats, weight, 0, range.size(), to);
  }

  Scheme scheme;
  TensorView file;
  std::size_t tile_bytes = 0;
  const std::uint8_t* packed = nullptr;  // null: packed by every product, a few tiles at a time
  WeightMemory memory;                   // of the packed tiles, unless they lie elsewhere

 private:
  Avx512Weight(const TensorView& view, const Scheme& weight_scheme)
      : scheme(weight_scheme), file(view) {
    out_features = view.shape[0];
    in_features = view.shape[1];
    dtype = view.dtype;
    tile_bytes = packed_tile_bytes(scheme, in_features);
  }
};

// Memory of one thread for one product; kept, because a pass has hundreds of products.
struct ThreadMemory {
  AlignedBuffer<std::uint8_t> tiles;
  AlignedBuffer<float> sums;
};
ThreadMemory& thread_memory() {
  static thread_local ThreadMemory memory;
  return memory;
}

// Weights that may not be repacked: a few tiles at a time through the second-level cache, the same bytes and
// so the same bits as repacked ones.
void multiply_from_file(const Avx512Weight& weight, const ProductJob& whole,
                        std::int64_t first_tile) {
  constexpr std::int64_t kTiles = 4;
  AlignedBuffer<std::uint8_t>& tiles = thread_memory().tiles;
  tiles.reserve_discarding(static_cast<std::size_t>(kTiles) * weight.tile_bytes);
  const auto count = static_cast<std::int64_t>(tile_count(whole.columns));
  for (std::int64_t t = 0; t < count; t += kTiles) {
    const std::int64_t begin = first_tile + t;
    weight.pack_tiles({begin, begin + std::min(kTiles, count - t)},
                      weight.file.row(begin * kTileColumns), tiles.data());
    ProductJob job = whole;
    job.tiles = tiles.data();
    job.columns = std::min(whole.columns - t * kTileColumns, kTiles * kTileColumns);
    job.output += t * kTileColumns;
    weight.scheme.multiply(job);
  }
}

// Precision::Exact: panels of 16 columns x 512 inputs, dequantised to float32 by the format's own rule.
class PanelProduct {
 public:
  PanelProduct(const Avx512Weight& weight, const ProductJob& job) : weight_(weight), job_(job) {
    thread_memory().tiles.reserve_discarding(2 * kPanelFloats * sizeof(float));
    rows_ = reinterpret_cast<float*>(thread_memory().tiles.data());
    panel_ = rows_ + kPanelFloats;
    sums_size_ = static_cast<std::size_t>(job.rows) * kTileColumns;
    thread_memory().sums.reserve_discarding(sums_size_);
    sums_ = thread_memory().sums.data();
  }

  // Columns [first_column, first_column + 16) of the weight, to output + column.
  void multiply_tile(std::int64_t first_column, float* output) {
    const auto count =
        static_cast<int>(std::min<std::int64_t>(kTileColumns, weight_.out_features - first_column));
    std::fill_n(sums_, sums_size_, 0.0f);
    for (std::int64_t first = 0; first < weight_.in_features; first += kInputs) {
      const std::int64_t inputs = std::min(kInputs, weight_.in_features - first);
      for (int c = 0; c < count; ++c) {
        const std::byte* row = weight_.file.row(first_column + c) +
                               row_bytes(weight_.dtype, static_cast<std::size_t>(first));
        precision::dequantize(weight_.dtype, row,
                              {rows_ + c * kInputs, static_cast<std::size_t>(inputs)});
      }
      transpose_panel(rows_, kInputs, count, inputs, panel_);
      multiply_panel(panel_, first, inputs, job_, sums_);
    }
    for (int r = 0; r < job_.rows; ++r)
      std::memcpy(output + r * job_.output_stride, sums_ + r * kTileColumns,
                  static_cast<std::size_t>(count) * sizeof(float));
  }

 private:
  static constexpr std::int64_t kInputs = 512;  // whole blocks of every format
  static constexpr std::size_t kPanelFloats = kTileColumns * static_cast<std::size_t>(kInputs);
  const Avx512Weight& weight_;
  const ProductJob& job_;
  float* rows_;
  float* panel_;
  float* sums_;
  std::size_t sums_size_;
};

}  // namespace

std::unique_ptr<MatmulWeight> Avx512Kernels::place_weight(const TensorView& weight,
                                                          Precision precision,
                                                          bool may_repack) const {
  check_weight(weight);
  return std::make_unique<Avx512Weight>(
      weight, choose_scheme(weight.dtype, precision, has_bfloat16_), may_repack);
}

WeightLayout Avx512Kernels::packed_layout() const {
  return {.provider = "avx512", .version = kPackedLayoutVersion};
}

std::unique_ptr<MatmulWeight> Avx512Kernels::adopt_weight(const PackedTensor& packed) const {
  check_weight({packed.dtype, packed.shape, packed.bytes.data()});
  return std::make_unique<Avx512Weight>(
      packed, choose_scheme(packed.dtype, Precision::Fast, has_bfloat16_));
}

ActivationForm Avx512Kernels::activation_form(const MatmulWeight& weight) const {
  return static_cast<const Avx512Weight&>(weight).scheme.form;
}

std::size_t Avx512Kernels::activation_row_bytes(ActivationForm form,
                                                std::int64_t in_features) const {
  return reference_kernels().activation_row_bytes(form, in_features);
}

void Avx512Kernels::prepare_activations(ActivationForm form, const float* input,
                                        std::ptrdiff_t input_stride, std::int64_t in_features,
                                        Range rows, std::byte* destination) const {
  const std::size_t bytes = activation_row_bytes(form, in_features);
  for (std::ptrdiff_t r = rows.begin; r < rows.end; ++r) {
    const float* source = input + r * input_stride;
    std::byte* row = destination + static_cast<std::size_t>(r) * bytes;
    if (form == ActivationForm::Int8x32) {
      quantize_row(source, in_features, reinterpret_cast<ActivationBlock*>(row));
      continue;
    }
    const std::size_t size =
        static_cast<std::size_t>(in_features) * (form == ActivationForm::Float32 ? 4 : 2);
    std::memset(row + size, 0, bytes - size);
    if (form == ActivationForm::Float32)
      std::memcpy(row, source, size);
    else
      store_bfloat16(source, in_features, reinterpret_cast<std::uint16_t*>(row));
  }
}

void Avx512Kernels::matmul(const MatmulWeight& weight, const std::byte* activations, int rows,
                           Range columns, float* output, std::ptrdiff_t output_stride) const {
  if (rows <= 0 || columns.size() <= 0) return;
  const auto& own = static_cast<const Avx512Weight&>(weight);
  const std::int64_t first_tile = columns.begin / kTileColumns;
  ProductJob job{};
  job.tile_bytes = own.tile_bytes;
  job.columns = columns.size();
  job.in_features = own.in_features;
  job.activations = activations;
  job.activation_bytes = activation_row_bytes(own.scheme.form, own.in_features);
  job.rows = rows;
  job.output = output + columns.begin;
  job.output_stride = output_stride;
  if (own.scheme.kind == Scheme::Kind::Panels) {
    PanelProduct product(own, job);
    for (std::ptrdiff_t c = columns.begin; c < columns.end; c += kTileColumns)
      product.multiply_tile(c, output + c);
  } else if (own.packed == nullptr) {
    multiply_from_file(own, job, first_tile);
  } else {
    job.tiles = own.packed + static_cast<std::size_t>(first_tile) * own.tile_bytes;
    own.scheme.multiply(job);
  }
}

}  // namespace tenon::kernels::avx512
