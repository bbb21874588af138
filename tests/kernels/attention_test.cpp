#include <doctest/doctest.h>

#include <numeric>

#include "kernels/cache_layout.h"
#include "samples.h"

using namespace tenon;
using namespace tenon::kernels;
using namespace tenon::kernels::samples;

namespace {

/// A cache of one layer filled with random keys and values; cells nobody may read hold NaN.
struct Cache {
  DType dtype;
  int kv_heads, head_dim;
  std::int64_t cells;
  std::vector<std::byte> keys, values;
  KeyValueView view;

  Cache(DType type, int heads, int dim, std::int64_t cell_count)
      : dtype(type), kv_heads(heads), head_dim(dim), cells(cell_count) {
    const std::int64_t whole = cell_groups(cells) * kCellGroup;
    const std::size_t bytes = row_bytes(type, static_cast<std::size_t>(heads * whole * dim));
    keys.resize(bytes);
    values.resize(bytes);
    view = {type, keys.data(), values.data(), cells, heads, dim};
    const std::vector<float> nan(static_cast<std::size_t>(dim), std::nanf(""));
    for (int h = 0; h < heads; ++h)
      for (std::int64_t cell = 0; cell < whole; ++cell)
        select_kernels("reference").store_cache(nan.data(), nan.data(), view, h, cell);
  }

  /// Puts the key and value of `number` (the same for any cell) into a cell.
  void store(std::int64_t cell, int number) {
    for (int h = 0; h < kv_heads; ++h) {
      const std::string name = std::to_string(number) + "/" + std::to_string(h);
      const auto key = random_floats(static_cast<std::size_t>(head_dim), "key" + name, 2.0f);
      const auto value = random_floats(static_cast<std::size_t>(head_dim), "value" + name);
      select_kernels("reference").store_cache(key.data(), value.data(), view, h, cell);
    }
  }
};

constexpr DType kCacheTypes[] = {DType::F32, DType::F16, DType::BF16, DType::Q8_0};

/// Rows over one cache, with their queries and outputs.
struct Rows {
  const Cache& cache;
  AttentionOptions options;
  std::vector<std::vector<float>> queries = {}, outputs = {};
  std::vector<std::vector<std::int32_t>> tails = {};
  std::vector<std::int32_t> prefixes = {};

  void add(int query, std::int32_t prefix, std::vector<std::int32_t> tail) {
    const auto size = static_cast<std::size_t>(options.heads * cache.head_dim);
    queries.push_back(random_floats(size, "query" + std::to_string(query)));
    outputs.emplace_back(size, -1e30f);
    prefixes.push_back(prefix);
    tails.push_back(std::move(tail));
  }
  std::vector<AttentionRow> rows(std::size_t begin, std::size_t count) {
    std::vector<AttentionRow> result;
    for (std::size_t r = begin; r < begin + count; ++r)
      result.push_back({queries[r].data(), outputs[r].data(), &cache.view, prefixes[r], tails[r]});
    return result;
  }
  std::vector<std::vector<float>> run(const Kernels& kernels, std::size_t begin,
                                      std::size_t count) {
    std::vector<float> scratch(kernels.attention_scratch_floats(options, cache.head_dim) + 1);
    const auto selected = rows(begin, count);
    // An odd start: nothing is promised about alignment.
    kernels.attention(selected, {0, cache.kv_heads}, options, scratch.data() + 1);
    return {outputs.begin() + static_cast<std::ptrdiff_t>(begin),
            outputs.begin() + static_cast<std::ptrdiff_t>(begin + count)};
  }
  std::vector<std::vector<float>> run(const Kernels& kernels) {
    return run(kernels, 0, queries.size());
  }
  std::vector<std::vector<float>> run_alone(const Kernels& kernels) {
    std::vector<std::vector<float>> result;
    for (std::size_t r = 0; r < queries.size(); ++r) result.push_back(run(kernels, r, 1)[0]);
    return result;
  }
};

std::vector<std::int32_t> range(std::int32_t begin, std::int32_t end) {
  std::vector<std::int32_t> result(static_cast<std::size_t>(end - begin));
  std::iota(result.begin(), result.end(), begin);
  return result;
}

AttentionOptions options_for(int heads, int head_dim, std::int32_t window = 0) {
  return {
      .heads = heads, .scale = 1.0f / std::sqrt(static_cast<float>(head_dim)), .window = window};
}

// Float32 scores of magnitude up to about 20: relative errors of a few 1e-6 in each probability.
constexpr double kFloat32Tolerance = 2e-5;
// Queries meet the codes of Q8_0 rounded to 2^-15 of their largest number: scores err by some 1e-4.
constexpr double kCodesTolerance = 4e-4;

void check_close(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b,
                 double tolerance = kFloat32Tolerance) {
  double worst = 0.0;
  for (std::size_t r = 0; r < a.size(); ++r)
    for (std::size_t i = 0; i < a[r].size(); ++i) {
      const double difference = std::fabs(double{a[r][i]} - b[r][i]);
      worst = difference >= worst || std::isnan(difference) ? difference : worst;
    }
  CHECK(worst <= tolerance);
}

}  // namespace

TEST_SUITE("attention") {
  TEST_CASE("attention equals the softmax in double at depths around every border") {
    for (const DType dtype : kCacheTypes) {
      Cache cache(dtype, 2, 64, 600);
      for (int c = 0; c < 600; ++c) cache.store(c, c);
      for (const std::int32_t window : {0, 1, 50, 64, 300}) {
        Rows rows{cache, options_for(6, 64, window)};
        for (const std::int32_t depth :
             {1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 600})
          rows.add(depth, depth, {});
        const auto expected = rows.run(select_kernels("reference"));
        for (const Kernels* kernels : fast_providers())
          check_close(rows.run(*kernels), expected,
                      dtype == DType::Q8_0 ? kCodesTolerance : kFloat32Tolerance);
      }
    }
  }

  TEST_CASE("attention serves any head size and any grouping of heads") {
    for (const int head_dim : {1, 8, 16, 24, 64, 80, 96, 112, 128, 256})
      for (const int group : {1, 2, 3, 4, 7, 8}) {
        for (const DType dtype : {DType::F16, DType::Q8_0}) {
          if (dtype == DType::Q8_0 && head_dim % kCacheScaleNumbers != 0) continue;
          Cache cache(dtype, 2, head_dim, 140);
          for (int c = 0; c < 140; ++c) cache.store(c, c);
          Rows rows{cache, options_for(2 * group, head_dim)};
          for (const std::int32_t depth : {5, 70, 140}) rows.add(depth, depth, {});
          const auto expected = rows.run(select_kernels("reference"));
          for (const Kernels* kernels : fast_providers()) {
            check_close(rows.run(*kernels), expected,
                        dtype == DType::Q8_0 ? kCodesTolerance : kFloat32Tolerance);
            CHECK(rows.run(*kernels) == rows.run_alone(*kernels));
          }
        }
      }
  }

  TEST_CASE("a prompt's rows have the same bits together, alone, as prefix and as tail") {
    constexpr int kPositions = 300;
    for (const DType dtype : kCacheTypes) {
      Cache cache(dtype, 3, 64, kPositions + 40);
      for (int c = 0; c < kPositions; ++c) cache.store(c, c);
      for (const std::int32_t window : {0, 70}) {
        Rows together{cache, options_for(9, 64, window)}, shared{cache, options_for(9, 64, window)};
        const std::int32_t prefix = 37;
        for (std::int32_t p = prefix; p < kPositions; ++p) {
          together.add(p, prefix, range(prefix, p + 1));
          shared.add(p, p + 1, {});
        }
        for (const Kernels* kernels : fast_providers()) {
          const auto expected = shared.run_alone(*kernels);
          CHECK(together.run(*kernels) == expected);
          CHECK(together.run_alone(*kernels) == expected);
          CHECK(shared.run(*kernels) == expected);
          CHECK(together.run(*kernels, 20, 5)[2] == expected[22]);
        }
      }
    }
  }

  TEST_CASE("branches of a tree have the bits of plain chains") {
    // Nodes follow the committed prefix; each names its parent. Cells are scattered.
    const int parents[] = {-1, 0, 0, 1, 1, 2, 3, 3, 5, -1, 9, 10, 8, 6, 13, 14};
    const auto chain_of = [&](int node) {
      std::vector<int> chain;
      for (int at = node; at >= 0; at = parents[at]) chain.insert(chain.begin(), at);
      return chain;
    };
    for (const DType dtype : kCacheTypes)
      for (const std::int32_t prefix : {0, 5, 60, 63, 64, 250, 255, 256}) {
        Cache tree(dtype, 3, 64, 400);
        for (int c = 0; c < prefix; ++c) tree.store(c, c);
        Rows rows{tree, options_for(9, 64)};
        const auto cell_of = [&](int node) { return prefix + 3 + (node * 7) % 16; };
        for (int node = 0; node < 16; ++node) {
          std::vector<std::int32_t> tail;
          for (const int at : chain_of(node)) tail.push_back(cell_of(at));
          tree.store(cell_of(node), 1000 + node);
          rows.add(node, prefix, tail);
        }
        std::vector<std::vector<std::vector<float>>> branches;
        for (const Kernels* kernels : fast_providers()) branches.push_back(rows.run(*kernels));
        for (int node = 0; node < 16; ++node) {
          Cache plain(dtype, 3, 64, 300);
          for (int c = 0; c < prefix; ++c) plain.store(c, c);
          const auto chain = chain_of(node);
          for (std::size_t i = 0; i < chain.size(); ++i)
            plain.store(prefix + static_cast<int>(i), 1000 + chain[i]);
          Rows row{plain, options_for(9, 64)};
          row.add(node, prefix + static_cast<std::int32_t>(chain.size()), {});
          for (std::size_t k = 0; k < branches.size(); ++k)
            CHECK(row.run(*fast_providers()[k])[0] == branches[k][static_cast<std::size_t>(node)]);
        }
      }
  }

  TEST_CASE("a long scattered chain has the bits of one in order") {
    // More groups of a chunk than are put together at a time, and a second chain that shares some.
    for (const DType dtype : kCacheTypes) {
      constexpr int kLength = 150, kPrefix = 190;
      Cache scattered(dtype, 1, 32, 600), plain(dtype, 1, 32, 600);
      const auto cell_of = [](int i) { return kPrefix + (i * 61) % 400; };
      for (int p = 0; p < kPrefix; ++p) scattered.store(p, p), plain.store(p, p);
      std::vector<std::int32_t> tail;
      for (int i = 0; i < kLength; ++i) {
        scattered.store(cell_of(i), 1000 + i), plain.store(kPrefix + i, 1000 + i);
        tail.push_back(cell_of(i));
      }
      for (const std::int32_t window : {0, 90}) {
        Rows a{scattered, options_for(2, 32, window)}, b{plain, options_for(2, 32, window)};
        for (const int length : {1, 66, 67, 100, 150, 3}) {
          a.add(length, kPrefix, {tail.begin(), tail.begin() + length});
          b.add(length, kPrefix + length, {});
        }
        for (const Kernels* kernels : fast_providers()) {
          const auto expected = b.run_alone(*kernels);
          CHECK(a.run(*kernels) == expected);
          CHECK(a.run_alone(*kernels) == expected);
          CHECK(b.run(*kernels) == expected);
        }
      }
    }
  }

  TEST_CASE("each of 1 to 64 rows at the end of a prompt has the bits it has alone") {
    for (const DType dtype : kCacheTypes) {
      Cache cache(dtype, 1, 64, 340);
      for (int c = 0; c < 340; ++c) cache.store(c, c);
      Rows rows{cache, options_for(3, 64)};
      for (int r = 0; r < 64; ++r) rows.add(r, 270 + r, {});
      for (const Kernels* kernels : fast_providers()) {
        const auto alone = rows.run_alone(*kernels);
        for (std::size_t count = 1; count <= 64; ++count) {
          const auto together = rows.run(*kernels, 64 - count, count);
          CHECK(std::equal(together.begin(), together.end(),
                           alone.end() - static_cast<std::ptrdiff_t>(count)));
        }
      }
    }
  }

  TEST_CASE("rows of several sequences do not meet") {
    for (const DType dtype : kCacheTypes) {
      Cache first(dtype, 2, 32, 100), second(dtype, 2, 32, 90);
      for (int c = 0; c < 80; ++c) first.store(c, c), second.store(c, 500 + c);
      for (const Kernels* kernels : fast_providers()) {
        Rows a{first, options_for(4, 32)}, b{second, options_for(4, 32)};
        for (const std::int32_t depth : {10, 66, 80})
          a.add(depth, depth, {}), b.add(depth, depth, {});
        const auto expected_a = a.run_alone(*kernels), expected_b = b.run_alone(*kernels);
        std::vector<AttentionRow> mixed;
        for (std::size_t r = 0; r < 3; ++r) {
          mixed.push_back(a.rows(r, 1)[0]);
          mixed.push_back(b.rows(r, 1)[0]);
        }
        std::vector<float> scratch(kernels->attention_scratch_floats(a.options, 32));
        kernels->attention(mixed, {0, 2}, a.options, scratch.data());
        CHECK(a.outputs == expected_a);
        CHECK(b.outputs == expected_b);
      }
    }
  }

  TEST_CASE("attention cut into chunks and heads gives the bits of the whole") {
    for (const DType dtype : {DType::F16, DType::Q8_0}) {
      Cache cache(dtype, 3, 64, 1100);
      for (int c = 0; c < 1100; ++c) cache.store(c, c);
      for (const std::int32_t window : {0, 100, 700}) {
        Rows rows{cache, options_for(9, 64, window)};
        for (const std::int32_t depth : {1, 256, 257, 300, 1024, 1100}) rows.add(depth, depth, {});
        for (const Kernels* kernels : all_providers()) {
          const auto expected = rows.run(*kernels);
          const std::ptrdiff_t stride = attention_chunks(1100) + 1;
          const std::size_t floats = Kernels::attention_partial_floats(64);
          std::vector<float> partials(6 * 9 * static_cast<std::size_t>(stride) * floats,
                                      std::nanf(""));
          std::vector<float> scratch(kernels->attention_scratch_floats(rows.options, 64));
          const auto all = rows.rows(0, 6);
          for (std::ptrdiff_t chunk = attention_chunks(1100) - 1; chunk >= 0; --chunk)
            for (std::ptrdiff_t h = 0; h < 3; ++h)
              kernels->attention_partial(all, {h, h + 1}, {chunk, chunk + 1}, rows.options,
                                         partials.data(), stride, scratch.data());
          for (auto& output : rows.outputs) std::fill(output.begin(), output.end(), -1.0f);
          for (std::ptrdiff_t h = 0; h < 9; h += 2)
            kernels->attention_combine(all, {h, std::min<std::ptrdiff_t>(h + 2, 9)}, rows.options,
                                       partials.data(), stride);
          CHECK(rows.outputs == expected);
        }
      }
    }
  }

  TEST_CASE("a NaN in a query or a visible key reaches that row's output and no other row") {
    for (const DType dtype : kCacheTypes)
      for (const Kernels* kernels : all_providers()) {
        Cache cache(dtype, 1, 32, 70);
        for (int c = 0; c < 70; ++c) cache.store(c, c);
        Rows rows{cache, options_for(2, 32)};
        for (const std::int32_t depth : {50, 60, 70, 70}) rows.add(depth, depth, {});
        const auto clean = rows.run(*kernels);
        std::vector<float> key(32, 1.0f);
        key[20] = std::nanf("");
        kernels->store_cache(key.data(), std::vector<float>(32, 1.0f).data(), cache.view, 0, 65);
        rows.queries[1][3] = std::nanf("");
        const auto poisoned = rows.run(*kernels);
        CHECK(poisoned[0] == clean[0]);
        for (const std::size_t r : {2u, 3u})
          for (const float value : poisoned[r]) CHECK(std::isnan(value));
        for (int d = 0; d < 32; ++d) CHECK(std::isnan(poisoned[1][static_cast<std::size_t>(d)]));
        for (int d = 32; d < 64; ++d)  // the second head's query is sound
          CHECK(poisoned[1][static_cast<std::size_t>(d)] == clean[1][static_cast<std::size_t>(d)]);
      }
  }
}
