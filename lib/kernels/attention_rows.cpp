#include "kernels/attention_rows.h"

namespace tenon::kernels {

namespace {

CacheFormat cache_format(DType dtype) {
  if (dtype == DType::F32) return CacheFormat::F32;
  return dtype == DType::F16 ? CacheFormat::F16 : CacheFormat::BF16;
}

AttentionCache plain_cache(const KeyValueView& view) {
  return {cache_format(view.dtype), view.keys, view.values, view.cells, view.head_dim};
}

}  // namespace

PlainRows::PlainRows(std::span<const AttentionRow> rows, const AttentionOptions& options) {
  queries_.reserve(rows.size());
  for (const AttentionRow& row : rows)
    queries_.push_back({row.query, row.output, plain_cache(*row.cache), row.prefix, row.tail.data(),
                        static_cast<std::int32_t>(row.tail.size())});
  job_ = {queries_.data(), static_cast<int>(queries_.size()),
          options.heads,   options.heads / rows[0].cache->kv_heads,
          options.scale,   options.window};
}

}  // namespace tenon::kernels
