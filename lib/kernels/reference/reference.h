#pragma once

#include "kernels/kernels.h"

namespace tenon::kernels::reference {

/// A weight as the file stores it; every row is dequantised where it is used.
class ReferenceWeight final : public MatmulWeight {
 public:
  ReferenceWeight(const TensorView& view, Precision weight_precision);
  TensorView weight;
  Precision precision;
};

/// The meaning of every operation: plain loops, float64 sums, nothing optimised. Weights in block
/// formats take 8-bit activations under Precision::Fast, as the fast providers do, so that what
/// differs from them is rounding alone.
class ReferenceKernels final : public Kernels {
 public:
  std::string_view name() const override { return "reference"; }
  std::string instruction_sets() const override { return "portable C++"; }
  std::string_view implementation_of(std::string_view operation) const override;

  std::unique_ptr<MatmulWeight> place_weight(const TensorView& weight, Precision precision,
                                             bool may_repack) const override;
  ActivationForm activation_form(const MatmulWeight& weight) const override;
  std::size_t activation_row_bytes(ActivationForm form, std::int64_t in_features) const override;
  void prepare_activations(ActivationForm form, const float* input, std::ptrdiff_t input_stride,
                           std::int64_t in_features, Range rows,
                           std::byte* destination) const override;
  void matmul(const MatmulWeight& weight, const std::byte* activations, int rows, Range columns,
              float* output, std::ptrdiff_t output_stride) const override;

  void rms_norm(const float* input, const float* weight, std::int64_t size, const RmsNorm& options,
                float* output) const override;
  void add(const float* input, std::int64_t size, float* output) const override;
  void silu_multiply(const float* gate, const float* up, std::int64_t size,
                     float* output) const override;
  std::int64_t argmax(const float* values, std::int64_t size) const override;

  void narrow(const float* input, std::int64_t size, DType dtype, std::byte* output) const override;
  void store_cache(const float* key, const float* value, const KeyValueView& cache, int kv_head,
                   std::int64_t cell) const override;
  void attention(std::span<const AttentionRow> rows, Range kv_heads,
                 const AttentionOptions& options, float* scratch) const override;
  std::size_t attention_scratch_floats(const AttentionOptions& options,
                                       int head_dim) const override;
  void attention_partial(std::span<const AttentionRow> rows, Range kv_heads, Range chunks,
                         const AttentionOptions& options, float* partials,
                         std::ptrdiff_t chunk_stride, float* scratch) const override;
  void attention_combine(std::span<const AttentionRow> rows, Range heads,
                         const AttentionOptions& options, const float* partials,
                         std::ptrdiff_t chunk_stride) const override;
};

/// One block of 32 floats to int8 (see ActivationBlock); `size` < 32 leaves the rest zero.
void quantize_activation_block(const float* input, int size, std::byte* block);

}  // namespace tenon::kernels::reference
