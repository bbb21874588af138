#include "kernels/cache_cells.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "precision/block_layouts.h"
#include "precision/number_formats.h"

namespace tenon::kernels {

namespace {

using precision::BlockQ8_0;

// Numbers of `bytes` each, as keys: kCellGroup apart.
template <typename Number>
void scatter(const std::byte* row, int count, std::byte* group, int lane) {
  for (int d = 0; d < count; ++d)
    std::memcpy(group + (std::ptrdiff_t{d} * kCellGroup + lane) * std::ptrdiff_t{sizeof(Number)},
                row + d * std::ptrdiff_t{sizeof(Number)}, sizeof(Number));
}
template <typename Number>
void gather(const std::byte* group, int lane, int count, std::byte* row) {
  for (int d = 0; d < count; ++d)
    std::memcpy(row + d * std::ptrdiff_t{sizeof(Number)},
                group + (std::ptrdiff_t{d} * kCellGroup + lane) * std::ptrdiff_t{sizeof(Number)},
                sizeof(Number));
}

// A run of codes in a block and in a group of Q8_0, moved by `move`(bytes of the block, bytes of the
// group, count).
template <typename Bytes, typename Move>
void visit_key_runs(int head_dim, int block, int lane, Bytes* group, const Move& move) {
  Bytes* codes = group + cache_scale_bytes(CacheFormat::Q8_0, head_dim);
  for (int i = 0; i < kCacheScaleNumbers; i += 4)
    move(i, codes + ((block * kCacheScaleNumbers + i) / 4 * kCellGroup + lane) * 4, 4);
}
template <typename Bytes, typename Move>
void visit_value_runs(int head_dim, int block, int lane, Bytes* group, const Move& move) {
  Bytes* codes = group + cache_scale_bytes(CacheFormat::Q8_0, head_dim);
  move(0, codes + lane * head_dim + block * kCacheScaleNumbers, kCacheScaleNumbers);
}

std::ptrdiff_t scale_offset(int block, int lane) {
  return 2 * (std::ptrdiff_t{block} * kCellGroup + lane);
}

// The codes of keys lie 128 higher: a flipped sign bit.
std::byte flipped(std::byte code, int offset) {
  return code ^ static_cast<std::byte>(offset);
}

template <typename Visit>
void write_blocks(int head_dim, const std::byte* row, std::byte* group, int lane, int offset,
                  const Visit& visit) {
  for (int block = 0; block < head_dim / kCacheScaleNumbers; ++block) {
    const std::byte* source = row + block * std::ptrdiff_t{sizeof(BlockQ8_0)};
    std::memcpy(group + scale_offset(block, lane), source, 2);
    visit(head_dim, block, lane, group, [&](int from, std::byte* to, int count) {
      for (int i = 0; i < count; ++i) to[i] = flipped(source[2 + from + i], offset);
    });
  }
}
template <typename Visit>
void read_blocks(int head_dim, const std::byte* group, int lane, std::byte* row, int offset,
                 const Visit& visit) {
  for (int block = 0; block < head_dim / kCacheScaleNumbers; ++block) {
    std::byte* target = row + block * std::ptrdiff_t{sizeof(BlockQ8_0)};
    std::memcpy(target, group + scale_offset(block, lane), 2);
    visit(head_dim, block, lane, group, [&](int to, const std::byte* from, int count) {
      for (int i = 0; i < count; ++i) target[2 + to + i] = flipped(from[i], offset);
    });
  }
}

void encode_block(const float* numbers, std::byte* bytes) {
  float largest = 0.0f, spoiled = 0.0f;
  for (int i = 0; i < kCacheScaleNumbers; ++i) {
    largest = std::max(largest, std::fabs(numbers[i]));
    spoiled += numbers[i] * 0.0f;
  }
  BlockQ8_0 block = {};
  block.scale = precision::float32_to_float16(largest / 127.0f + spoiled);
  const float scale = precision::float16_to_float32(block.scale);
  const float inverse = scale > 0.0f ? 1.0f / scale : 0.0f;
  if (std::isfinite(scale))
    for (int i = 0; i < kCacheScaleNumbers; ++i)
      block.quants[i] = static_cast<std::int8_t>(
          std::nearbyint(std::clamp(numbers[i] * inverse, -127.0f, 127.0f)));
  std::memcpy(bytes, &block, sizeof block);
}

constexpr auto kKeyRuns = [](auto... arguments) { visit_key_runs(arguments...); };
constexpr auto kValueRuns = [](auto... arguments) { visit_value_runs(arguments...); };

}  // namespace

bool is_cache_type(DType dtype) {
  return dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16 || dtype == DType::Q8_0;
}

CacheFormat cache_format(DType dtype) {
  if (dtype == DType::F32) return CacheFormat::F32;
  if (dtype == DType::F16) return CacheFormat::F16;
  return dtype == DType::BF16 ? CacheFormat::BF16 : CacheFormat::Q8_0;
}

std::ptrdiff_t group_offset(const KeyValueView& cache, std::int64_t kv_head, std::int64_t cell) {
  return (kv_head * cell_groups(cache.cells) + cell / kCellGroup) *
         cache_group_bytes(cache_format(cache.dtype), cache.head_dim);
}

void encode_row(DType dtype, std::span<const float> numbers, std::byte* row) {
  if (dtype == DType::F32) {
    std::memcpy(row, numbers.data(), numbers.size_bytes());
    return;
  }
  if (dtype == DType::Q8_0) {
    for (std::size_t i = 0; i < numbers.size(); i += kCacheScaleNumbers, row += sizeof(BlockQ8_0))
      encode_block(numbers.data() + i, row);
    return;
  }
  for (const float number : numbers) {
    const std::uint16_t half = dtype == DType::F16 ? precision::float32_to_float16(number)
                                                   : precision::float32_to_bfloat16(number);
    std::memcpy(row, &half, sizeof half);
    row += sizeof half;
  }
}

void write_key(CacheFormat format, int head_dim, const std::byte* row, std::byte* group, int lane) {
  if (format == CacheFormat::Q8_0)
    write_blocks(head_dim, row, group, lane, kCacheCodeOffset, kKeyRuns);
  else if (format == CacheFormat::F32)
    scatter<std::uint32_t>(row, head_dim, group, lane);
  else
    scatter<std::uint16_t>(row, head_dim, group, lane);
}

void read_key(CacheFormat format, int head_dim, const std::byte* group, int lane, std::byte* row) {
  if (format == CacheFormat::Q8_0)
    read_blocks(head_dim, group, lane, row, kCacheCodeOffset, kKeyRuns);
  else if (format == CacheFormat::F32)
    gather<std::uint32_t>(group, lane, head_dim, row);
  else
    gather<std::uint16_t>(group, lane, head_dim, row);
}

void write_value(CacheFormat format, int head_dim, const std::byte* row, std::byte* group,
                 int lane) {
  const std::ptrdiff_t bytes = std::ptrdiff_t{head_dim} * cache_number_bytes(format);
  if (format == CacheFormat::Q8_0)
    write_blocks(head_dim, row, group, lane, 0, kValueRuns);
  else
    std::memcpy(group + lane * bytes, row, static_cast<std::size_t>(bytes));
}

void read_value(CacheFormat format, int head_dim, const std::byte* group, int lane,
                std::byte* row) {
  const std::ptrdiff_t bytes = std::ptrdiff_t{head_dim} * cache_number_bytes(format);
  if (format == CacheFormat::Q8_0)
    read_blocks(head_dim, group, lane, row, 0, kValueRuns);
  else
    std::memcpy(row, group + lane * bytes, static_cast<std::size_t>(bytes));
}

}  // namespace tenon::kernels
