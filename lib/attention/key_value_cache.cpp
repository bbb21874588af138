#include "attention/key_value_cache.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/error.h"
#include "kernels/cache_cells.h"

namespace tenon::attention {

using kernels::kCellGroup;

namespace {

void check_shape(const KeyValueCacheShape& shape) {
  TENON_CHECK(shape.layers >= 0 && shape.kv_heads > 0 && shape.head_dim > 0);
  if (!kernels::is_cache_type(shape.dtype))
    throw Error(ErrorKind::Unsupported,
                "a key-value cache cannot be kept in " + std::string(dtype_name(shape.dtype)))
        .hint("cache types are F32, F16, BF16 and Q8_0");
  if (shape.dtype == DType::Q8_0 && shape.head_dim % kernels::kCacheScaleNumbers != 0)
    throw Error(
        ErrorKind::Unsupported,
        "a key-value cache of Q8_0 holds heads of a multiple of 32 numbers, and this model's "
        "have " +
            std::to_string(shape.head_dim))
        .hint("take another --cache-type; f16 holds heads of any size");
}

std::int64_t whole_groups(std::int64_t cells) {
  return kernels::cell_groups(cells) * kCellGroup;
}

// Packed, or with whole groups the memory itself: both have the same bytes a cell.
std::size_t layer_bytes(const KeyValueCacheShape& shape, std::int64_t cells) {
  const std::size_t cell_bytes =
      tenon::row_bytes(shape.dtype, static_cast<std::size_t>(shape.head_dim)) *
      static_cast<std::size_t>(shape.kv_heads) * 2;
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(cell_bytes, static_cast<std::size_t>(cells), &bytes))
    throw Error(ErrorKind::Resource, "a context of " + std::to_string(cells) +
                                         " positions does not fit into any memory");
  return bytes;
}

std::vector<AlignedBuffer<std::byte>> allocate(const KeyValueCacheShape& shape,
                                               std::int64_t cells) {
  std::vector<AlignedBuffer<std::byte>> layers(static_cast<std::size_t>(shape.layers));
  for (AlignedBuffer<std::byte>& layer : layers)
    layer = AlignedBuffer<std::byte>(layer_bytes(shape, whole_groups(cells)));
  return layers;
}

// Copies the first groups of every head between arrays of another number of cells: [2 * kv_heads,
// groups].
void copy_heads(const std::byte* source, std::size_t source_stride, std::byte* destination,
                std::size_t destination_stride, std::size_t bytes, int kv_heads) {
  if (bytes == 0) return;
  for (int head = 0; head < 2 * kv_heads; ++head)
    std::memcpy(destination + static_cast<std::size_t>(head) * destination_stride,
                source + static_cast<std::size_t>(head) * source_stride, bytes);
}

// Calls visit(format, head_dim, the group and the lane of a cell) for keys, then values, heads and cells
// rising, [begin, end).
template <typename VisitKey, typename VisitValue>
void visit_cells(const kernels::KeyValueView& view, std::int64_t begin, std::int64_t end,
                 const VisitKey& visit_key, const VisitValue& visit_value) {
  const kernels::CacheFormat format = kernels::cache_format(view.dtype);
  const auto visit_all = [&](std::byte* base, const auto& visit) {
    for (int head = 0; head < view.kv_heads; ++head)
      for (std::int64_t cell = begin; cell < end; ++cell)
        visit(format, view.head_dim, base + kernels::group_offset(view, head, cell),
              static_cast<int>(cell % kCellGroup));
  };
  visit_all(view.keys, visit_key);
  visit_all(view.values, visit_value);
}

}  // namespace

KeyValueCache::KeyValueCache(const KeyValueCacheShape& shape, std::int64_t cells)
    : shape_(shape), cells_(cells) {
  TENON_CHECK(cells >= 0);
  check_shape(shape);
  row_bytes_ = tenon::row_bytes(shape.dtype, static_cast<std::size_t>(shape.head_dim));
  group_bytes_ = row_bytes_ * kCellGroup;
  layers_ = allocate(shape, cells);
}

std::size_t KeyValueCache::bytes() const {
  return packed_bytes(whole_groups(cells_));
}

kernels::KeyValueView KeyValueCache::view(std::int64_t layer) {
  std::byte* keys = layers_[static_cast<std::size_t>(layer)].data();
  const std::size_t half = layers_[static_cast<std::size_t>(layer)].size() / 2;
  return {.dtype = shape_.dtype,
          .keys = keys,
          .values = keys + half,
          .cells = cells_,
          .kv_heads = shape_.kv_heads,
          .head_dim = shape_.head_dim};
}

void KeyValueCache::grow(std::int64_t cells, std::int64_t used) {
  TENON_CHECK(used <= cells_ && cells >= cells_);
  std::vector<AlignedBuffer<std::byte>> grown = allocate(shape_, cells);
  const auto groups_bytes = [&](std::int64_t count) {
    return static_cast<std::size_t>(kernels::cell_groups(count)) * group_bytes_;
  };
  for (std::size_t layer = 0; layer < grown.size(); ++layer) {
    copy_heads(layers_[layer].data(), groups_bytes(cells_), grown[layer].data(),
               groups_bytes(cells), groups_bytes(used), shape_.kv_heads);
    layers_[layer] = {};
  }
  layers_ = std::move(grown);
  cells_ = cells;
}

void KeyValueCache::copy_cell(std::int64_t from, std::int64_t to) {
  if (from == to) return;
  std::vector<std::byte> rows(row_bytes_ * 2 * static_cast<std::size_t>(shape_.kv_heads));
  for (std::int64_t layer = 0; layer < shape_.layers; ++layer) {
    std::byte* row = rows.data();
    const auto read = [&](const auto& read_row) {
      return [&](auto format, int head_dim, const std::byte* group, int lane) {
        read_row(format, head_dim, group, lane, row);
        row += row_bytes_;
      };
    };
    const auto write = [&](const auto& write_row) {
      return [&](auto format, int head_dim, std::byte* group, int lane) {
        write_row(format, head_dim, row, group, lane);
        row += row_bytes_;
      };
    };
    visit_cells(view(layer), from, from + 1, read(kernels::read_key), read(kernels::read_value));
    row = rows.data();
    visit_cells(view(layer), to, to + 1, write(kernels::write_key), write(kernels::write_value));
  }
}

void KeyValueCache::copy_cells(const KeyValueCache& source, std::int64_t count) {
  TENON_CHECK(source.shape_ == shape_ && count <= source.cells_ && count <= cells_);
  const auto groups_bytes = [&](std::int64_t cells) {
    return static_cast<std::size_t>(kernels::cell_groups(cells)) * group_bytes_;
  };
  for (std::size_t layer = 0; layer < layers_.size(); ++layer)
    copy_heads(source.layers_[layer].data(), groups_bytes(source.cells_), layers_[layer].data(),
               groups_bytes(cells_), groups_bytes(count), shape_.kv_heads);
}

std::size_t KeyValueCache::packed_bytes(std::int64_t count) const {
  return static_cast<std::size_t>(shape_.layers) * layer_bytes(shape_, count);
}

void KeyValueCache::pack(std::int64_t count, std::byte* destination) const {
  TENON_CHECK(count <= cells_);
  const auto take = [&](const auto& read_row) {
    return [&](auto format, int head_dim, const std::byte* group, int lane) {
      read_row(format, head_dim, group, lane, destination);
      destination += row_bytes_;
    };
  };
  // Read only, through the view that writers have too.
  auto& cache = const_cast<KeyValueCache&>(*this);
  for (std::int64_t layer = 0; layer < shape_.layers; ++layer)
    visit_cells(cache.view(layer), 0, count, take(kernels::read_key), take(kernels::read_value));
}

void KeyValueCache::unpack(std::int64_t count, const std::byte* source) {
  TENON_CHECK(count <= cells_);
  const auto put = [&](const auto& write_row) {
    return [&](auto format, int head_dim, std::byte* group, int lane) {
      write_row(format, head_dim, source, group, lane);
      source += row_bytes_;
    };
  };
  for (std::int64_t layer = 0; layer < shape_.layers; ++layer)
    visit_cells(view(layer), 0, count, put(kernels::write_key), put(kernels::write_value));
}

}  // namespace tenon::attention
