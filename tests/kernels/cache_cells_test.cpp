// Keys and values put into cells by every provider.
#include "kernels/cache_cells.h"

#include <doctest/doctest.h>

#include <limits>

#include "kernels/cache_layout.h"
#include "samples.h"

using namespace tenon;
using namespace tenon::kernels;
using namespace tenon::kernels::samples;

namespace {

constexpr std::byte kUntouched{0xAA};

/// Keys and values of some cells; what no one stores keeps its mark.
struct Cells {
  std::vector<std::byte> keys, values;
  KeyValueView view;

  Cells(DType dtype, int head_dim) {
    constexpr int kHeads = 2;
    constexpr std::int64_t kCells = 35;  // two groups and a part
    const auto bytes = static_cast<std::size_t>(kHeads * cell_groups(kCells) *
                                                cache_group_bytes(cache_format(dtype), head_dim));
    keys.assign(bytes, kUntouched);
    values.assign(bytes, kUntouched);
    view = {dtype, keys.data(), values.data(), kCells, kHeads, head_dim};
  }
};

using Row = std::vector<float>;

// Numbers of every magnitude that a provider may meet.
std::vector<Row> rows_of(std::size_t head_dim) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  const Row normal = random_floats(head_dim, "cell", 3.0f);
  const auto scaled = [&](float factor) {
    Row row = normal;
    for (float& value : row) value *= factor;
    return row;
  };
  Row one_large(head_dim, 1e-3f), ties(head_dim), zeros(head_dim, 0.0f), positive = normal,
                                                                         every_exponent(head_dim);
  one_large[head_dim / 2] = -900.0f;
  for (std::size_t i = 0; i < head_dim; ++i) {
    ties[i] = static_cast<float>(static_cast<int>(i % 255) - 127) * 0.5f;  // half steps
    if (i % 3 == 0) zeros[i] = -0.0f;
    positive[i] = std::fabs(positive[i]);
    const auto bits = static_cast<std::uint32_t>(RandomStream(5, "bits").bits(i));
    std::memcpy(&every_exponent[i], &bits, 4);
    if (!std::isfinite(every_exponent[i])) every_exponent[i] = 1.0f;
  }
  ties[0] = 127.0f;
  return {normal,
          scaled(1e-6f),
          scaled(1e-9f),
          scaled(1e-30f),
          scaled(1e5f),
          scaled(1e6f),
          scaled(1e30f),
          one_large,
          ties,
          zeros,
          positive,
          every_exponent,
          Row(head_dim),
          Row(head_dim, -2.5f),
          Row(head_dim, kLargest),
          Row(head_dim, 65504.0f * 127.0f)};
}

}  // namespace

TEST_SUITE("cache cells") {
  TEST_CASE("every provider stores the bytes of reference/, and no others") {
    for (const DType dtype : {DType::F32, DType::F16, DType::BF16, DType::Q8_0})
      for (const int head_dim : {1, 15, 16, 20, 32, 33, 64, 80, 96, 128, 256}) {
        if (dtype == DType::Q8_0 && head_dim % kCacheScaleNumbers != 0) continue;
        const auto rows = rows_of(static_cast<std::size_t>(head_dim));
        for (const Kernels* kernels : fast_providers()) {
          INFO(kernels->name(), " ", dtype_name(dtype), " head_dim ", head_dim);
          Cells own(dtype, head_dim), expected(dtype, head_dim);
          for (std::size_t i = 0; i < rows.size(); ++i) {
            const Row &key = rows[i], &value = rows[(i + 5) % rows.size()];
            const auto cell = static_cast<std::int64_t>(i * 7 % 35);  // never twice the same
            const int head = static_cast<int>(i % 2);
            kernels->store_cache(key.data(), value.data(), own.view, head, cell);
            select_kernels("reference")
                .store_cache(key.data(), value.data(), expected.view, head, cell);
            CHECK(own.keys == expected.keys);
            CHECK(own.values == expected.values);
          }
        }
      }
  }

  TEST_CASE("a Q8_0 cell holds each number to half a step, the step to the precision of float16") {
    const auto rows = rows_of(64);
    for (const Kernels* kernels : all_providers())
      for (const Row& row : rows) {
        Cells cells(DType::Q8_0, 64);
        kernels->store_cache(row.data(), row.data(), cells.view, 1, 20);
        const std::ptrdiff_t group = group_offset(cells.view, 1, 20);
        std::vector<std::byte> stored(row_bytes(DType::Q8_0, 64));
        for (const bool is_key : {true, false}) {
          if (is_key)
            read_key(CacheFormat::Q8_0, 64, cells.keys.data() + group, 4, stored.data());
          else
            read_value(CacheFormat::Q8_0, 64, cells.values.data() + group, 4, stored.data());
          Row numbers(64);
          precision::dequantize(DType::Q8_0, stored.data(), numbers);
          for (std::size_t begin = 0; begin < 64; begin += 32) {
            double largest = 0.0;
            for (std::size_t i = begin; i < begin + 32; ++i)
              largest = std::max(largest, std::fabs(double{row[i]}));
            if (largest > 127.0 * 65504.0) continue;  // its scale is infinite, as the header says
            // Scales are multiples of 2^-24: half of that is lost on each of 127 steps.
            const double step = largest / 127.0;
            const double limit = 0.5 * step + 127.0 * (step * 0x1p-11 + 0x1p-25);
            for (std::size_t i = begin; i < begin + 32; ++i)
              CHECK(std::fabs(double{row[i]} - numbers[i]) <= limit * 1.0001);
          }
        }
      }
  }

  TEST_CASE("a number that is not finite spoils the scale of its block and of no other") {
    for (const Kernels* kernels : all_providers())
      for (const float poison : {std::nanf(""), INFINITY, -INFINITY})
        for (const std::size_t at : {0u, 17u, 31u, 32u, 63u}) {
          Row row = random_floats(64, "poison");
          row[at] = poison;
          Cells cells(DType::Q8_0, 64);
          kernels->store_cache(row.data(), row.data(), cells.view, 0, 3);
          for (const std::vector<std::byte>* bytes : {&cells.keys, &cells.values})
            for (std::size_t block = 0; block < 2; ++block) {
              std::uint16_t scale;
              std::memcpy(&scale, bytes->data() + 2 * (block * kCellGroup + 3), 2);
              CHECK(((scale & 0x7C00) == 0x7C00) == (block == at / 32));
            }
        }
  }
}
