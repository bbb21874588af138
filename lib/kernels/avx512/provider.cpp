#include <algorithm>
#include <cstring>

#include "kernels/attention_rows.h"
#include "kernels/avx512/avx512_kernels.h"
#include "kernels/avx512/without_bfloat16.h"
#include "kernels/cache_cells.h"
#include "kernels/dense_providers.h"

namespace tenon::kernels {

namespace {

// The compiler's run-time library asks the processor and, for the wide registers, the system.
bool has_bfloat16() {
  return __builtin_cpu_supports("avx512bf16") != 0;
}

}  // namespace

ProviderState avx512_state() {
  const bool can_run = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512vnni");
  return {"avx512", can_run,
          can_run ? "" : "needs a processor with AVX-512 F, BW, DQ, VL and VNNI"};
}

LimitLoops avx512_limit_loops() {
  using namespace avx512;
  // 64 products of bytes, 32 of bfloat16 or 16 of float32 an instruction.
  LimitLoops loops{
      .peaks = {{ActivationForm::Int8x32, "vpdpbusd, 512 bits", 2.0 * 64 * kPeakSums, int8_peak},
                {ActivationForm::Float32, "vfmadd, 512 bits", 2.0 * 16 * kPeakSums, float32_peak}},
      .read = read_all};
  if (has_bfloat16())
    loops.peaks.push_back(
        {ActivationForm::BFloat16, "vdpbf16ps, 512 bits", 2.0 * 32 * kPeakSums, bfloat16_peak});
  return loops;
}

const Kernels& avx512_kernels() {
  static const avx512::Avx512Kernels kernels(has_bfloat16());
  return kernels;
}

const Kernels* avx512_kernels_without_bfloat16() {
  static const avx512::Avx512Kernels kernels(false);
  return avx512_state().is_available ? &kernels : nullptr;
}

namespace avx512 {

std::string Avx512Kernels::instruction_sets() const {
  return std::string("AVX-512 F BW DQ VL VNNI") + (has_bfloat16_ ? " BF16" : "");
}

std::string_view Avx512Kernels::implementation_of(std::string_view operation) const {
  if (operation == "dense_matmul") return dense_matmul_provider();
  return is_operation(operation) ? name() : std::string_view{};
}

void Avx512Kernels::rms_norm(const float* input, const float* weight, std::int64_t size,
                             const RmsNorm& options, float* output) const {
  avx512::rms_norm(input, weight, size, options.epsilon, output);
}

void Avx512Kernels::add(const float* input, std::int64_t size, float* output) const {
  avx512::add(input, size, output);
}

void Avx512Kernels::silu_multiply(const float* gate, const float* up, std::int64_t size,
                                  float* output) const {
  avx512::silu_multiply(gate, up, size, output);
}

std::int64_t Avx512Kernels::argmax(const float* values, std::int64_t size) const {
  return avx512::argmax(values, size);
}

void Avx512Kernels::narrow(const float* input, std::int64_t size, DType dtype,
                           std::byte* output) const {
  if (dtype == DType::F32)
    std::memcpy(output, input, static_cast<std::size_t>(size) * sizeof(float));
  else if (dtype == DType::F16)
    store_float16(input, size, reinterpret_cast<std::uint16_t*>(output));
  else
    store_bfloat16(input, size, reinterpret_cast<std::uint16_t*>(output));
}

void Avx512Kernels::store_cache(const float* key, const float* value, const KeyValueView& cache,
                                int kv_head, std::int64_t cell) const {
  const CacheFormat format = cache_format(cache.dtype);
  const std::ptrdiff_t group = group_offset(cache, kv_head, cell);
  const int lane = static_cast<int>(cell % kCellGroup);
  store_key(key, format, cache.head_dim, cache.keys + group, lane);
  store_value(value, format, cache.head_dim, cache.values + group, lane);
}

void Avx512Kernels::attention(std::span<const AttentionRow> rows, Range kv_heads,
                              const AttentionOptions& options, float* scratch) const {
  if (rows.empty()) return;
  const PlainRows plain(rows, options);
  for (std::ptrdiff_t h = kv_heads.begin; h < kv_heads.end; ++h) attend(plain.job(), h, scratch);
}

std::size_t Avx512Kernels::attention_scratch_floats(const AttentionOptions& options,
                                                    int head_dim) const {
  return avx512::attention_scratch_floats(options.heads, head_dim);
}

void Avx512Kernels::attention_partial(std::span<const AttentionRow> rows, Range kv_heads,
                                      Range chunks, const AttentionOptions& options,
                                      float* partials, std::ptrdiff_t chunk_stride,
                                      float* scratch) const {
  if (rows.empty()) return;
  const PlainRows plain(rows, options);
  for (std::ptrdiff_t h = kv_heads.begin; h < kv_heads.end; ++h)
    attend_chunks(plain.job(), h, chunks.begin, chunks.end, partials, chunk_stride, scratch);
}

void Avx512Kernels::attention_combine(std::span<const AttentionRow> rows, Range heads,
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

}  // namespace avx512
}  // namespace tenon::kernels
