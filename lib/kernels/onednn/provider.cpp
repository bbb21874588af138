#include <string>

#include "kernels/dense_providers.h"

namespace tenon::kernels {

std::string onednn_version();

namespace {

/// dense_matmul by oneDNN; everything else, which must be row-invariant, by the provider below.
class OneDnnKernels final : public Kernels {
 public:
  explicit OneDnnKernels(const Kernels& below) : below_(below) {}

  std::string_view name() const override { return "onednn"; }
  std::string instruction_sets() const override {
    return "oneDNN " + onednn_version() + " over " + std::string(below_.name()) + ", " +
           below_.instruction_sets();
  }
  std::string_view implementation_of(std::string_view operation) const override {
    return operation == "dense_matmul" ? name() : below_.implementation_of(operation);
  }

  std::unique_ptr<MatmulWeight> place_weight(const TensorView& weight, Precision precision,
                                             bool may_repack) const override {
    return below_.place_weight(weight, precision, may_repack);
  }
  WeightLayout packed_layout() const override { return below_.packed_layout(); }
  std::unique_ptr<MatmulWeight> adopt_weight(const PackedTensor& packed) const override {
    return below_.adopt_weight(packed);
  }
  ActivationForm activation_form(const MatmulWeight& weight) const override {
    return below_.activation_form(weight);
  }
  std::size_t activation_row_bytes(ActivationForm form, std::int64_t in_features) const override {
    return below_.activation_row_bytes(form, in_features);
  }
  void prepare_activations(ActivationForm form, const float* input, std::ptrdiff_t input_stride,
                           std::int64_t in_features, Range rows,
                           std::byte* destination) const override {
    below_.prepare_activations(form, input, input_stride, in_features, rows, destination);
  }
  void matmul(const MatmulWeight& weight, const std::byte* activations, int rows, Range columns,
              float* output, std::ptrdiff_t output_stride) const override {
    below_.matmul(weight, activations, rows, columns, output, output_stride);
  }
  void rms_norm(const float* input, const float* weight, std::int64_t size, const RmsNorm& options,
                float* output) const override {
    below_.rms_norm(input, weight, size, options, output);
  }
  void add(const float* input, std::int64_t size, float* output) const override {
    below_.add(input, size, output);
  }
  void silu_multiply(const float* gate, const float* up, std::int64_t size,
                     float* output) const override {
    below_.silu_multiply(gate, up, size, output);
  }
  std::int64_t argmax(const float* values, std::int64_t size) const override {
    return below_.argmax(values, size);
  }
  void narrow(const float* input, std::int64_t size, DType dtype,
              std::byte* output) const override {
    below_.narrow(input, size, dtype, output);
  }
  void store_cache(const float* key, const float* value, const KeyValueView& cache, int kv_head,
                   std::int64_t cell) const override {
    below_.store_cache(key, value, cache, kv_head, cell);
  }
  void attention(std::span<const AttentionRow> rows, Range kv_heads,
                 const AttentionOptions& options, float* scratch) const override {
    below_.attention(rows, kv_heads, options, scratch);
  }
  std::size_t attention_scratch_floats(const AttentionOptions& options,
                                       int head_dim) const override {
    return below_.attention_scratch_floats(options, head_dim);
  }
  void attention_partial(std::span<const AttentionRow> rows, Range kv_heads, Range chunks,
                         const AttentionOptions& options, float* partials,
                         std::ptrdiff_t chunk_stride, float* scratch) const override {
    below_.attention_partial(rows, kv_heads, chunks, options, partials, chunk_stride, scratch);
  }
  void attention_combine(std::span<const AttentionRow> rows, Range heads,
                         const AttentionOptions& options, const float* partials,
                         std::ptrdiff_t chunk_stride) const override {
    below_.attention_combine(rows, heads, options, partials, chunk_stride);
  }

 private:
  const Kernels& below_;
};

}  // namespace

ProviderState onednn_state() {
  return {"onednn", true, ""};
}

const Kernels& onednn_kernels(const Kernels& below) {
  static const OneDnnKernels kernels(below);
  return kernels;
}

}  // namespace tenon::kernels
