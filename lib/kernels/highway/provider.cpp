#include <hwy/targets.h>

#include "base/error.h"
#include "kernels/attention_rows.h"
#include "kernels/dense_providers.h"
#include "kernels/highway/highway_kernels.h"
#include "kernels/highway/simd.h"
#include "kernels/highway/targets.h"

namespace tenon::kernels {

ProviderState highway_state() {
  return {"highway", true, ""};
}

const Kernels& highway_kernels() {
  static const highway::HighwayKernels kernels;
  return kernels;
}

// Fused multiply-adds are what portable vectors have; dot products of bytes they do not.
LimitLoops highway_limit_loops() {
  const auto run = [](std::int64_t rounds) { static_cast<void>(highway::float32_peak(rounds)); };
  return {.peaks = {{ActivationForm::Float32, "portable multiply-add",
                     static_cast<double>(highway::float32_peak(0)), run}},
          .read = nullptr};
}

std::vector<std::string> highway_targets() {
  std::vector<std::string> names;
  // The lowest bit is the best.
  for (std::int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1)
    names.emplace_back(hwy::TargetName(rest & -rest));
  return names;
}

void use_highway_target(std::string_view name) {
  hwy::SetSupportedTargetsForTest(0);
  std::int64_t chosen = hwy::SupportedTargets();
  for (std::int64_t rest = chosen & HWY_TARGETS; rest != 0 && !name.empty(); rest &= rest - 1)
    if (hwy::TargetName(rest & -rest) == name) chosen = rest & -rest;
  if (!name.empty()) hwy::SetSupportedTargetsForTest(chosen);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

namespace highway {

std::string HighwayKernels::instruction_sets() const {
  return highway_targets().front();
}

std::string_view HighwayKernels::implementation_of(std::string_view operation) const {
  if (operation == "dense_matmul") return dense_matmul_provider();
  if (operation == "narrow" || operation == "store_cache") return "reference";
  return is_operation(operation) ? name() : std::string_view{};
}

void HighwayKernels::rms_norm(const float* input, const float* weight, std::int64_t size,
                              const RmsNorm& options, float* output) const {
  highway::rms_norm(input, weight, size, options.epsilon, output);
}

void HighwayKernels::add(const float* input, std::int64_t size, float* output) const {
  highway::add(input, size, output);
}

void HighwayKernels::silu_multiply(const float* gate, const float* up, std::int64_t size,
                                   float* output) const {
  highway::silu_multiply(gate, up, size, output);
}

std::int64_t HighwayKernels::argmax(const float* values, std::int64_t size) const {
  return highway::argmax(values, size);
}

// A row has a few hundred numbers to store, against millions of products.
void HighwayKernels::narrow(const float* input, std::int64_t size, DType dtype,
                            std::byte* output) const {
  reference_kernels().narrow(input, size, dtype, output);
}

void HighwayKernels::store_cache(const float* key, const float* value, const KeyValueView& cache,
                                 int kv_head, std::int64_t cell) const {
  reference_kernels().store_cache(key, value, cache, kv_head, cell);
}

void HighwayKernels::attention(std::span<const AttentionRow> rows, Range kv_heads,
                               const AttentionOptions& options, float* scratch) const {
  if (rows.empty()) return;
  const PlainRows plain(rows, options);
  for (std::ptrdiff_t h = kv_heads.begin; h < kv_heads.end; ++h) attend(plain.job(), h, scratch);
}

std::size_t HighwayKernels::attention_scratch_floats(const AttentionOptions& options,
                                                     int head_dim) const {
  return highway::attention_scratch_floats(options.heads, head_dim);
}

void HighwayKernels::attention_partial(std::span<const AttentionRow> rows, Range kv_heads,
                                       Range chunks, const AttentionOptions& options,
                                       float* partials, std::ptrdiff_t chunk_stride,
                                       float* scratch) const {
  if (rows.empty()) return;
  const PlainRows plain(rows, options);
  for (std::ptrdiff_t h = kv_heads.begin; h < kv_heads.end; ++h)
    attend_chunks(plain.job(), h, chunks.begin, chunks.end, partials, chunk_stride, scratch);
}

void HighwayKernels::attention_combine(std::span<const AttentionRow> rows, Range heads,
                                       const AttentionOptions& options, const float* partials,
                                       std::ptrdiff_t chunk_stride) const {
  if (rows.empty()) return;
  const PlainRows plain(rows, options);
  const auto floats =
      static_cast<std::ptrdiff_t>(attention_partial_floats(rows[0].cache->head_dim));
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::ptrdiff_t h = heads.begin; h < heads.end; ++h) {
      const std::ptrdiff_t index = static_cast<std::ptrdiff_t>(r) * options.heads + h;
      combine_chunks(plain.job().rows[r], h, partials + index * chunk_stride * floats);
    }
}

}  // namespace highway
}  // namespace tenon::kernels
