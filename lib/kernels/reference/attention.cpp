#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/cache_cells.h"
#include "kernels/reference/reference.h"
#include "precision/block_formats.h"

namespace tenon::kernels::reference {

namespace {

// What a row sees of one key-value head, gathered by logical position.
struct VisibleCells {
  const AttentionRow& row;
  std::ptrdiff_t kv_head;

  std::int64_t cell(std::int64_t position) const {
    if (position < row.prefix) return position;
    return row.tail[static_cast<std::size_t>(position - row.prefix)];
  }
  using ReadCell = decltype(read_key);
  void load(ReadCell read, const std::byte* base, std::int64_t position,
            std::span<float> number) const {
    const KeyValueView& cache = *row.cache;
    std::vector<std::byte> bytes(row_bytes(cache.dtype, number.size()));
    read(cache_format(cache.dtype), cache.head_dim,
         base + group_offset(cache, kv_head, cell(position)),
         static_cast<int>(cell(position) % kCellGroup), bytes.data());
    precision::dequantize(cache.dtype, bytes.data(), number);
  }
};

struct PartialSoftmax {
  std::vector<double> values;
  double maximum = -std::numeric_limits<double>::infinity();
  double sum = 0.0;
};

std::int64_t visible_positions(const AttentionRow& row) {
  return row.prefix + static_cast<std::int64_t>(row.tail.size());
}

// Positions [begin, end) of one row and query head.
PartialSoftmax partial_softmax(const AttentionRow& row, std::ptrdiff_t head, std::ptrdiff_t kv_head,
                               std::int64_t begin, std::int64_t end, float scale) {
  const auto head_dim = static_cast<std::size_t>(row.cache->head_dim);
  const VisibleCells cells{row, kv_head};
  const float* query = row.query + static_cast<std::size_t>(head) * head_dim;
  std::vector<float> number(head_dim);
  std::vector<double> scores;
  PartialSoftmax result{std::vector<double>(head_dim)};
  for (std::int64_t position = begin; position < end; ++position) {
    cells.load(read_key, row.cache->keys, position, number);
    double dot = 0.0;
    for (std::size_t d = 0; d < head_dim; ++d) dot += static_cast<double>(query[d]) * number[d];
    scores.push_back(dot * scale);
    result.maximum = std::max(result.maximum, scores.back());
  }
  for (std::int64_t position = begin; position < end; ++position) {
    const double probability =
        std::exp(scores[static_cast<std::size_t>(position - begin)] - result.maximum);
    cells.load(read_value, row.cache->values, position, number);
    for (std::size_t d = 0; d < head_dim; ++d) result.values[d] += probability * number[d];
    result.sum += probability;
  }
  return result;
}

// The window cuts from the left: first visible position of a row that ends at `positions`.
std::int64_t first_position(std::int64_t positions, std::int32_t window) {
  return window > 0 ? std::max<std::int64_t>(0, positions - window) : 0;
}

void store_partial(const PartialSoftmax& result, float* partial) {
  const std::size_t head_dim = result.values.size();
  for (std::size_t d = 0; d < head_dim; ++d) partial[d] = static_cast<float>(result.values[d]);
  partial[head_dim] = static_cast<float>(result.maximum);
  partial[head_dim + 1] = static_cast<float>(result.sum);
}

}  // namespace

void ReferenceKernels::attention_partial(std::span<const AttentionRow> rows, Range kv_heads,
                                         Range chunks, const AttentionOptions& options,
                                         float* partials, std::ptrdiff_t chunk_stride,
                                         float*) const {
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const AttentionRow& row = rows[r];
    const std::int64_t positions = visible_positions(row);
    const std::int64_t first = first_position(positions, options.window);
    const std::ptrdiff_t group = options.heads / row.cache->kv_heads;
    const std::size_t floats = attention_partial_floats(row.cache->head_dim);
    for (std::ptrdiff_t head = kv_heads.begin * group; head < kv_heads.end * group; ++head)
      for (std::ptrdiff_t c = chunks.begin; c < std::min(chunks.end, attention_chunks(positions));
           ++c) {
        const auto begin = std::max<std::int64_t>(c * kAttentionChunk, first);
        const auto end = std::min<std::int64_t>((c + 1) * kAttentionChunk, positions);
        const std::size_t index =
            (r * static_cast<std::size_t>(options.heads) + static_cast<std::size_t>(head)) *
                static_cast<std::size_t>(chunk_stride) +
            static_cast<std::size_t>(c);
        store_partial(partial_softmax(row, head, head / group, begin, end, options.scale),
                      partials + index * floats);
      }
  }
}

void ReferenceKernels::attention_combine(std::span<const AttentionRow> rows, Range heads,
                                         const AttentionOptions& options, const float* partials,
                                         std::ptrdiff_t chunk_stride) const {
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const AttentionRow& row = rows[r];
    const auto head_dim = static_cast<std::size_t>(row.cache->head_dim);
    const std::size_t floats = attention_partial_floats(row.cache->head_dim);
    const auto chunks = static_cast<std::size_t>(attention_chunks(visible_positions(row)));
    for (auto head = static_cast<std::size_t>(heads.begin);
         head < static_cast<std::size_t>(heads.end); ++head) {
      const float* first = partials + (r * static_cast<std::size_t>(options.heads) + head) *
                                          static_cast<std::size_t>(chunk_stride) * floats;
      double maximum = -std::numeric_limits<double>::infinity();
      for (std::size_t c = 0; c < chunks; ++c)
        maximum = std::max<double>(maximum, first[c * floats + head_dim]);
      std::vector<double> values(head_dim);
      double sum = 0.0;
      for (std::size_t c = 0; c < chunks; ++c) {
        const float* partial = first + c * floats;
        if (partial[head_dim + 1] == 0.0f) continue;  // outside the window
        const double factor = std::exp(partial[head_dim] - maximum);
        for (std::size_t d = 0; d < head_dim; ++d) values[d] += factor * partial[d];
        sum += factor * partial[head_dim + 1];
      }
      for (std::size_t d = 0; d < head_dim; ++d)
        row.output[head * head_dim + d] = static_cast<float>(values[d] / sum);
    }
  }
}

void ReferenceKernels::attention(std::span<const AttentionRow> rows, Range kv_heads,
                                 const AttentionOptions& options, float* scratch) const {
  for (const AttentionRow& row : rows) {
    const std::ptrdiff_t group = options.heads / row.cache->kv_heads;
    const std::ptrdiff_t chunks = attention_chunks(visible_positions(row));
    std::vector<float> partials(static_cast<std::size_t>(options.heads) *
                                static_cast<std::size_t>(chunks) *
                                attention_partial_floats(row.cache->head_dim));
    const std::span<const AttentionRow> one(&row, 1);
    attention_partial(one, kv_heads, {0, chunks}, options, partials.data(), chunks, scratch);
    attention_combine(one, {kv_heads.begin * group, kv_heads.end * group}, options, partials.data(),
                      chunks);
  }
}

std::size_t ReferenceKernels::attention_scratch_floats(const AttentionOptions&, int) const {
  return 0;
}

}  // namespace tenon::kernels::reference
