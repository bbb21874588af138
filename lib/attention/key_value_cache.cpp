#include "attention/key_value_cache.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/error.h"

namespace tenon::attention {

namespace {

void check_shape(const KeyValueCacheShape& shape) {
  TENON_CHECK(shape.layers >= 0 && shape.kv_heads > 0 && shape.head_dim > 0);
  if (shape.dtype != DType::F32 && shape.dtype != DType::F16 && shape.dtype != DType::BF16)
    throw Error(ErrorKind::Unsupported,
                "a key-value cache cannot be kept in " + std::string(dtype_name(shape.dtype)))
        .hint("cache types are F32, F16 and BF16");
}

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
    layer = AlignedBuffer<std::byte>(layer_bytes(shape, cells));
  return layers;
}

// Copies `count` cells of every head between arrays of another number of cells: [2 * kv_heads,
// cells, row].
void copy_heads(const std::byte* source, std::size_t source_stride, std::byte* destination,
                std::size_t destination_stride, std::size_t bytes, int kv_heads) {
  if (bytes == 0) return;
  for (int head = 0; head < 2 * kv_heads; ++head)
    std::memcpy(destination + static_cast<std::size_t>(head) * destination_stride,
                source + static_cast<std::size_t>(head) * source_stride, bytes);
}

}  // namespace

KeyValueCache::KeyValueCache(const KeyValueCacheShape& shape, std::int64_t cells)
    : shape_(shape), cells_(cells) {
  TENON_CHECK(cells >= 0);
  check_shape(shape);
  row_bytes_ = tenon::row_bytes(shape.dtype, static_cast<std::size_t>(shape.head_dim));
  layers_ = allocate(shape, cells);
}

std::size_t KeyValueCache::bytes() const {
  return packed_bytes(cells_);
}

std::size_t KeyValueCache::offset(std::int64_t kv_head, std::int64_t cell) const {
  return static_cast<std::size_t>(kv_head * cells_ + cell) * row_bytes_;
}

kernels::KeyValueView KeyValueCache::view(std::int64_t layer) const {
  const std::byte* keys = layers_[static_cast<std::size_t>(layer)].data();
  return {.dtype = shape_.dtype,
          .keys = keys,
          .values = keys + offset(shape_.kv_heads, 0),
          .cells = cells_,
          .kv_heads = shape_.kv_heads,
          .head_dim = shape_.head_dim};
}

std::byte* KeyValueCache::key(std::int64_t layer, std::int64_t kv_head, std::int64_t cell) {
  return layers_[static_cast<std::size_t>(layer)].data() + offset(kv_head, cell);
}

std::byte* KeyValueCache::value(std::int64_t layer, std::int64_t kv_head, std::int64_t cell) {
  return key(layer, shape_.kv_heads + kv_head, cell);
}

void KeyValueCache::grow(std::int64_t cells, std::int64_t used) {
  TENON_CHECK(used <= cells_ && cells >= cells_);
  std::vector<AlignedBuffer<std::byte>> grown = allocate(shape_, cells);
  const std::size_t stride = static_cast<std::size_t>(cells_) * row_bytes_;
  const std::size_t grown_stride = static_cast<std::size_t>(cells) * row_bytes_;
  for (std::size_t layer = 0; layer < grown.size(); ++layer) {
    copy_heads(layers_[layer].data(), stride, grown[layer].data(), grown_stride,
               static_cast<std::size_t>(used) * row_bytes_, shape_.kv_heads);
    layers_[layer] = {};
  }
  layers_ = std::move(grown);
  cells_ = cells;
}

void KeyValueCache::copy_cell(std::int64_t from, std::int64_t to) {
  if (from == to) return;
  for (std::int64_t layer = 0; layer < shape_.layers; ++layer)
    for (std::int64_t head = 0; head < 2 * shape_.kv_heads; ++head)
      std::memcpy(key(layer, head, to), key(layer, head, from), row_bytes_);
}

void KeyValueCache::copy_cells(const KeyValueCache& source, std::int64_t count) {
  TENON_CHECK(source.shape_ == shape_ && count <= source.cells_ && count <= cells_);
  for (std::size_t layer = 0; layer < layers_.size(); ++layer)
    copy_heads(source.layers_[layer].data(), static_cast<std::size_t>(source.cells_) * row_bytes_,
               layers_[layer].data(), static_cast<std::size_t>(cells_) * row_bytes_,
               static_cast<std::size_t>(count) * row_bytes_, shape_.kv_heads);
}

std::size_t KeyValueCache::packed_bytes(std::int64_t count) const {
  return static_cast<std::size_t>(shape_.layers) * layer_bytes(shape_, count);
}

void KeyValueCache::pack(std::int64_t count, std::byte* destination) const {
  TENON_CHECK(count <= cells_);
  const std::size_t bytes = static_cast<std::size_t>(count) * row_bytes_;
  for (const AlignedBuffer<std::byte>& layer : layers_) {
    copy_heads(layer.data(), static_cast<std::size_t>(cells_) * row_bytes_, destination, bytes,
               bytes, shape_.kv_heads);
    destination += layer_bytes(shape_, count);
  }
}

void KeyValueCache::unpack(std::int64_t count, const std::byte* source) {
  TENON_CHECK(count <= cells_);
  const std::size_t bytes = static_cast<std::size_t>(count) * row_bytes_;
  for (AlignedBuffer<std::byte>& layer : layers_) {
    copy_heads(source, bytes, layer.data(), static_cast<std::size_t>(cells_) * row_bytes_, bytes,
               shape_.kv_heads);
    source += layer_bytes(shape_, count);
  }
}

}  // namespace tenon::attention
