#include "attention/key_value_cache.h"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "base/error.h"

using tenon::DType;
using tenon::Error;
using tenon::attention::KeyValueCache;
using tenon::attention::KeyValueCacheShape;

namespace {

constexpr KeyValueCacheShape kShape{.layers = 3, .kv_heads = 2, .head_dim = 5, .dtype = DType::F16};

// A byte that tells layer, head, cell and whether it is a value.
std::byte mark(int layer, int head, int cell, bool is_value) {
  return static_cast<std::byte>((layer * 61 + head * 29 + cell * 7 + (is_value ? 128 : 0)) & 0xFF);
}

void fill(KeyValueCache& cache, int cell) {
  for (int layer = 0; layer < cache.shape().layers; ++layer)
    for (int head = 0; head < cache.shape().kv_heads; ++head) {
      std::memset(cache.key(layer, head, cell),
                  std::to_integer<int>(mark(layer, head, cell, false)), cache.row_bytes());
      std::memset(cache.value(layer, head, cell),
                  std::to_integer<int>(mark(layer, head, cell, true)), cache.row_bytes());
    }
}

// Whether `cell` holds what fill() put into cell `source`, seen through the view that kernels read.
bool holds(const KeyValueCache& cache, int cell, int source) {
  for (int layer = 0; layer < cache.shape().layers; ++layer) {
    const auto view = cache.view(layer);
    for (int head = 0; head < view.kv_heads; ++head) {
      const std::size_t offset =
          static_cast<std::size_t>(head * view.cells + cell) * cache.row_bytes();
      for (std::size_t i = 0; i < cache.row_bytes(); ++i)
        if (view.keys[offset + i] != mark(layer, head, source, false) ||
            view.values[offset + i] != mark(layer, head, source, true))
          return false;
    }
  }
  return true;
}

}  // namespace

TEST_SUITE("attention") {
  TEST_CASE("a cache keeps its cells when it grows") {
    KeyValueCache cache(kShape, 4);
    for (int cell = 0; cell < 4; ++cell) fill(cache, cell);
    cache.grow(11, 3);
    CHECK(cache.cells() == 11);
    CHECK(cache.bytes() == 3u * 2 * 2 * 11 * 5 * 2);
    for (int cell = 0; cell < 3; ++cell) CHECK(holds(cache, cell, cell));
    for (int cell = 3; cell < 11; ++cell) fill(cache, cell);
    for (int cell = 0; cell < 11; ++cell) CHECK(holds(cache, cell, cell));
  }

  TEST_CASE("a cache grows from nothing") {
    KeyValueCache cache(kShape, 0);
    CHECK(cache.bytes() == 0);
    cache.grow(2, 0);
    fill(cache, 1);
    CHECK(holds(cache, 1, 1));
  }

  TEST_CASE("a cell is copied over another in every layer and head, and no further") {
    KeyValueCache cache(kShape, 4);
    for (int cell = 0; cell < 4; ++cell) fill(cache, cell);
    cache.copy_cell(3, 1);
    CHECK(holds(cache, 0, 0));
    CHECK(holds(cache, 1, 3));
    CHECK(holds(cache, 2, 2));
    CHECK(holds(cache, 3, 3));
  }

  TEST_CASE("cells pass between caches of other sizes, directly and packed") {
    KeyValueCache source(kShape, 6), copy(kShape, 4), unpacked(kShape, 9);
    for (int cell = 0; cell < 6; ++cell) fill(source, cell);
    copy.copy_cells(source, 4);
    std::vector<std::byte> bytes(source.packed_bytes(5));
    CHECK(bytes.size() == 3u * 2 * 2 * 5 * 5 * 2);
    source.pack(5, bytes.data());
    unpacked.unpack(5, bytes.data());
    for (int cell = 0; cell < 4; ++cell) CHECK(holds(copy, cell, cell));
    for (int cell = 0; cell < 5; ++cell) CHECK(holds(unpacked, cell, cell));
  }

  TEST_CASE("a cache refuses other number formats and impossible sizes") {
    KeyValueCacheShape shape = kShape;
    shape.dtype = DType::Q8_0;
    CHECK_THROWS_WITH_AS(KeyValueCache(shape, 1), "a key-value cache cannot be kept in Q8_0",
                         Error);
    KeyValueCacheShape large{.layers = 1, .kv_heads = 1 << 30, .head_dim = 1 << 20};
    CHECK_THROWS_AS(KeyValueCache(large, std::int64_t{1} << 40), Error);
  }
}
