#include "attention/key_value_cache.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/error.h"
#include "kernels/cache_cells.h"

namespace kernels = tenon::kernels;
using tenon::DType;
using tenon::Error;
using tenon::attention::KeyValueCache;
using tenon::attention::KeyValueCacheShape;

namespace {

constexpr DType kCacheTypes[] = {DType::F32, DType::F16, DType::BF16, DType::Q8_0};

constexpr KeyValueCacheShape shape_of(DType dtype) {
  return {.layers = 3, .kv_heads = 2, .head_dim = 32, .dtype = dtype};
}

std::size_t row_size(DType dtype) {
  return tenon::row_bytes(dtype, 32);
}

// A key or value whose bytes tell layer, head, cell, place and which it is.
std::vector<std::byte> mark(DType dtype, int layer, int head, int cell, bool is_value) {
  std::vector<std::byte> row(row_size(dtype));
  for (std::size_t i = 0; i < row.size(); ++i)
    row[i] = static_cast<std::byte>(
        (layer * 61 + head * 29 + cell * 7 + (is_value ? 128 : 0) + static_cast<int>(i) * 11) &
        0xFF);
  return row;
}

template <typename Visit>
void visit_rows(KeyValueCache& cache, int cell, const Visit& visit) {
  for (int layer = 0; layer < cache.shape().layers; ++layer) {
    const kernels::KeyValueView view = cache.view(layer);
    for (int head = 0; head < view.kv_heads; ++head) {
      const std::ptrdiff_t group = kernels::group_offset(view, head, cell);
      visit(layer, head, view.keys + group, view.values + group, cell % kernels::kCellGroup);
    }
  }
}

void fill(KeyValueCache& cache, int cell) {
  const DType dtype = cache.shape().dtype;
  const kernels::CacheFormat format = kernels::cache_format(dtype);
  visit_rows(cache, cell, [&](int layer, int head, std::byte* keys, std::byte* values, int lane) {
    kernels::write_key(format, 32, mark(dtype, layer, head, cell, false).data(), keys, lane);
    kernels::write_value(format, 32, mark(dtype, layer, head, cell, true).data(), values, lane);
  });
}

// Whether `cell` holds what fill() put into cell `source`, seen through the view that kernels read.
bool holds(KeyValueCache& cache, int cell, int source) {
  const DType dtype = cache.shape().dtype;
  const kernels::CacheFormat format = kernels::cache_format(dtype);
  bool is_equal = true;
  visit_rows(cache, cell, [&](int layer, int head, std::byte* keys, std::byte* values, int lane) {
    std::vector<std::byte> row(row_size(dtype));
    kernels::read_key(format, 32, keys, lane, row.data());
    is_equal = is_equal && row == mark(dtype, layer, head, source, false);
    kernels::read_value(format, 32, values, lane, row.data());
    is_equal = is_equal && row == mark(dtype, layer, head, source, true);
  });
  return is_equal;
}

}  // namespace

TEST_SUITE("attention") {
  TEST_CASE("a cache keeps its cells when it grows") {
    for (const DType dtype : kCacheTypes) {
      KeyValueCache cache(shape_of(dtype), 20);
      for (int cell = 0; cell < 20; ++cell) fill(cache, cell);
      for (int cell = 0; cell < 20; ++cell) CHECK(holds(cache, cell, cell));
      cache.grow(45, 19);
      CHECK(cache.cells() == 45);
      CHECK(cache.bytes() == 3 * 2 * 2 * 48 * row_size(dtype));  // whole groups of 16 cells
      for (int cell = 0; cell < 19; ++cell) CHECK(holds(cache, cell, cell));
      for (int cell = 19; cell < 45; ++cell) fill(cache, cell);
      for (int cell = 0; cell < 45; ++cell) CHECK(holds(cache, cell, cell));
    }
  }

  TEST_CASE("a cache grows from nothing") {
    KeyValueCache cache(shape_of(DType::F16), 0);
    CHECK(cache.bytes() == 0);
    cache.grow(2, 0);
    fill(cache, 1);
    CHECK(holds(cache, 1, 1));
  }

  TEST_CASE("a cell is copied over another in every layer and head, and no further") {
    for (const DType dtype : kCacheTypes) {
      KeyValueCache cache(shape_of(dtype), 40);
      for (int cell = 0; cell < 40; ++cell) fill(cache, cell);
      cache.copy_cell(33, 1);
      cache.copy_cell(18, 17);
      for (int cell = 0; cell < 40; ++cell)
        CHECK(holds(cache, cell, cell == 1 ? 33 : cell == 17 ? 18 : cell));
    }
  }

  TEST_CASE("cells pass between caches of other sizes, directly and packed") {
    for (const DType dtype : kCacheTypes) {
      KeyValueCache source(shape_of(dtype), 36), copy(shape_of(dtype), 18),
          unpacked(shape_of(dtype), 50);
      for (int cell = 0; cell < 36; ++cell) fill(source, cell);
      copy.copy_cells(source, 18);
      std::vector<std::byte> bytes(source.packed_bytes(21));
      CHECK(bytes.size() == 3 * 2 * 2 * 21 * row_size(dtype));
      source.pack(21, bytes.data());
      // Layer 2, values, head 1, cell 20: rows as they are in files, whatever order the memory has.
      const std::vector<std::byte> last = mark(dtype, 2, 1, 20, true);
      CHECK(std::equal(last.begin(), last.end(), bytes.end() - std::ssize(last)));
      unpacked.unpack(21, bytes.data());
      for (int cell = 0; cell < 18; ++cell) CHECK(holds(copy, cell, cell));
      for (int cell = 0; cell < 21; ++cell) CHECK(holds(unpacked, cell, cell));
    }
  }

  TEST_CASE("a cache refuses other number formats, heads that do not fit and impossible sizes") {
    KeyValueCacheShape shape = shape_of(DType::Q4_0);
    CHECK_THROWS_WITH_AS(KeyValueCache(shape, 1), "a key-value cache cannot be kept in Q4_0",
                         Error);
    shape = {.layers = 1, .kv_heads = 1, .head_dim = 80, .dtype = DType::Q8_0};
    CHECK_THROWS_WITH_AS(KeyValueCache(shape, 1),
                         "a key-value cache of Q8_0 holds heads of a multiple of 32 numbers, and "
                         "this model's have 80",
                         Error);
    KeyValueCacheShape large{.layers = 1, .kv_heads = 1 << 30, .head_dim = 1 << 20};
    CHECK_THROWS_AS(KeyValueCache(large, std::int64_t{1} << 40), Error);
  }
}
