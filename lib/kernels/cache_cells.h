#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/cache_layout.h"
#include "kernels/kernels.h"
#include "precision/dtype.h"

/// Single cells of a cache, one kv head's key or value at a time. `group` is the first byte of the cell's
/// group, `lane` its place there; a row is the same numbers in a run: float32 or 16-bit numbers, or the
/// blocks of 34 bytes that files of Q8_0 have.
namespace tenon::kernels {

/// Whether keys and values can be kept in a type: F32, F16, BF16 and Q8_0.
bool is_cache_type(DType dtype);
/// Of a type that is_cache_type().
CacheFormat cache_format(DType dtype);

/// Bytes from the keys, or the values, of a view to the group of a cell.
std::ptrdiff_t group_offset(const KeyValueView& cache, std::int64_t kv_head, std::int64_t cell);

/// Float32 numbers as a row: the rounding of Kernels::store_cache().
void encode_row(DType dtype, std::span<const float> numbers, std::byte* row);

void write_key(CacheFormat format, int head_dim, const std::byte* row, std::byte* group, int lane);
void write_value(CacheFormat format, int head_dim, const std::byte* row, std::byte* group,
                 int lane);
void read_key(CacheFormat format, int head_dim, const std::byte* group, int lane, std::byte* row);
void read_value(CacheFormat format, int head_dim, const std::byte* group, int lane, std::byte* row);

}  // namespace tenon::kernels
