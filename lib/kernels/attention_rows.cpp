#include "kernels/attention_rows.h"

#include <algorithm>

#include "kernels/cache_cells.h"

namespace tenon::kernels {

namespace {

AttentionCache plain_cache(const KeyValueView& view) {
  return {cache_format(view.dtype), view.keys, view.values, cell_groups(view.cells), view.head_dim};
}

/// How far positions and cells agree. The rows of a prompt share one tail that grows, so what the row
/// before found need not be looked at again.
std::int32_t straight_positions(const AttentionRow& row, const AttentionQuery* before) {
  std::size_t same = 0;
  if (before != nullptr && before->tail == row.tail.data() && before->prefix == row.prefix)
    same = std::min(static_cast<std::size_t>(before->straight - before->prefix), row.tail.size());
  while (same < row.tail.size() && row.tail[same] == row.prefix + static_cast<std::int32_t>(same))
    ++same;
  return row.prefix + static_cast<std::int32_t>(same);
}

}  // namespace

PlainRows::PlainRows(std::span<const AttentionRow> rows, const AttentionOptions& options) {
  queries_.reserve(rows.size());
  for (const AttentionRow& row : rows) {
    const AttentionQuery* before = queries_.empty() ? nullptr : &queries_.back();
    queries_.push_back({row.query, row.output, plain_cache(*row.cache), row.prefix, row.tail.data(),
                        static_cast<std::int32_t>(row.tail.size()),
                        straight_positions(row, before)});
  }
  job_ = {queries_.data(), static_cast<int>(queries_.size()),
          options.heads,   options.heads / rows[0].cache->kv_heads,
          options.scale,   options.window};
}

}  // namespace tenon::kernels
