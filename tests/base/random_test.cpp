#include "base/random.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <vector>

using namespace tenon;

namespace {

constexpr std::uint64_t kAll = ~std::uint64_t{0};

// Correlation of the uniforms of two streams.
double correlation(const RandomStream& a, const RandomStream& b, int count) {
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += (a.uniform(i) - 0.5) * (b.uniform(i) - 0.5);
  return sum / count * 12;
}

}  // namespace

TEST_SUITE("philox") {
  TEST_CASE("the known answers of the Random123 distribution") {
    // kat_vectors of Random123 1.14, "philox4x32 10".
    using Counter = std::array<std::uint32_t, 4>;
    CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) ==
          Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
          Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
  }
}

TEST_SUITE("random_stream") {
  TEST_CASE("draws are those of the definition, so a seed means the same text for ever") {
    struct Row {
      std::uint64_t seed;
      const char* name;
      std::uint64_t a, b, index, bits;
    };
    // scripts/oracles/philox.py
    for (const Row& row : {
             Row{0x0u, "", 0, 0, 0x0u, 0xd319fd989c83fef1u},
             Row{0x0u, "gumbel", 0, 0, 0x0u, 0x5af67cd227b3fd7fu},
             Row{0x0u, "gumbel", 0, 0, 0x1u, 0x29f4a1ee22a5b83fu},
             Row{0x1u, "gumbel", 0, 0, 0x0u, 0xeadcb9f82e69b7bbu},
             Row{0x0u, "gumbel", 1, 0, 0x0u, 0xcde073913a61c84du},
             Row{0x0u, "gumbel", 0, 1, 0x0u, 0x6d81917ea6a12cb4u},
             Row{0xffffffffffffffffu, "dropout", 12, 34567, 0x100000005u, 0xb301b3db103d0c47u},
         })
      CHECK(RandomStream(row.seed, row.name, row.a, row.b).bits(row.index) == row.bits);
  }

  TEST_CASE("a draw does not depend on what was drawn before") {
    const RandomStream stream(3, "order");
    std::vector<std::uint64_t> forward, backward;
    for (int i = 0; i < 100; ++i) forward.push_back(stream.bits(i));
    for (int i = 99; i >= 0; --i) backward.push_back(RandomStream(3, "order").bits(i));
    std::reverse(backward.begin(), backward.end());
    CHECK(forward == backward);
  }

  TEST_CASE("no two of many draws and streams are equal") {
    std::vector<std::uint64_t> draws;
    for (std::uint64_t seed = 0; seed < 10; ++seed)
      for (const char* name : {"gumbel", "dropout", ""})
        for (std::uint64_t a = 0; a < 10; ++a)
          for (std::uint64_t b = 0; b < 10; ++b)
            for (std::uint64_t i = 0; i < 30; ++i)
              draws.push_back(RandomStream(seed, name, a, b).bits(i));
    std::sort(draws.begin(), draws.end());
    // 90,000 draws of 64 bits: a chance collision has probability 2e-10.
    CHECK(std::adjacent_find(draws.begin(), draws.end()) == draws.end());
  }

  TEST_CASE("neighbouring streams are uncorrelated") {
    constexpr int kCount = 20000;
    const RandomStream stream(0, "x", 5, 5);
    const double bound = 5 / std::sqrt(kCount);  // five standard errors
    for (const RandomStream& other :
         {RandomStream(1, "x", 5, 5), RandomStream(kAll, "x", 5, 5), RandomStream(0, "y", 5, 5),
          RandomStream(0, "x", 6, 5), RandomStream(0, "x", 4, 5), RandomStream(0, "x", 5, 6),
          RandomStream(0, "x", 5, 4)})
      CHECK(std::fabs(correlation(stream, other, kCount)) < bound);
    CHECK(correlation(stream, stream, kCount) == doctest::Approx(1).epsilon(0.05));
  }

  TEST_CASE("each of the 64 bits is set half of the time") {
    constexpr int kCount = 20000;
    const RandomStream stream(11, "bits");
    std::array<int, 64> ones{};
    for (int i = 0; i < kCount; ++i) {
      const std::uint64_t bits = stream.bits(i);
      for (int k = 0; k < 64; ++k) ones[k] += bits >> k & 1;
    }
    for (const int count : ones) CHECK(std::abs(count - kCount / 2) < 5 * std::sqrt(kCount) / 2);
  }

  TEST_CASE("uniform is never 0 and never 1, at either end of the bits") {
    CHECK(uniform_from_bits(0) == 0x1p-53);
    CHECK(uniform_from_bits(kAll) == 1 - 0x1p-53);
    CHECK(uniform_from_bits(std::uint64_t{1} << 63) == 0.5 + 0x1p-53);
    CHECK(std::isfinite(-std::log(-std::log(uniform_from_bits(0)))));
    CHECK(std::isfinite(-std::log(-std::log(uniform_from_bits(kAll)))));
    const RandomStream stream(1, "u");
    for (int i = 0; i < 1000; ++i) CHECK(stream.uniform(i) == uniform_from_bits(stream.bits(i)));
  }

  TEST_CASE("uniform fills its bins evenly") {
    constexpr int kCount = 100000, kBins = 50;
    std::array<int, kBins> bins{};
    const RandomStream stream(2, "u");
    for (int i = 0; i < kCount; ++i) ++bins[static_cast<int>(stream.uniform(i) * kBins)];
    double chi_square = 0;
    for (const int count : bins)
      chi_square += std::pow(count - kCount / kBins, 2) / (kCount / kBins);
    CHECK(chi_square < 94);  // 49 degrees of freedom: exceeded with probability 1e-4
    CHECK(chi_square > 19);  // and so is suspicious evenness
  }

  TEST_CASE("normal has the moments and the tails of the standard normal") {
    constexpr int kCount = 200000;
    const RandomStream stream(4, "n");
    double sum = 0, squares = 0, fourth = 0;
    int beyond_two = 0;
    for (int i = 0; i < kCount; ++i) {
      const double x = stream.normal(i);
      sum += x;
      squares += x * x;
      fourth += x * x * x * x;
      beyond_two += std::fabs(x) > 2;
    }
    const double error = 5 / std::sqrt(kCount);
    CHECK(std::fabs(sum / kCount) < error);
    CHECK(std::fabs(squares / kCount - 1) < error * std::sqrt(2));
    CHECK(std::fabs(fourth / kCount - 3) < error * std::sqrt(96));
    CHECK(std::fabs(beyond_two / double{kCount} - 0.0455) < error * std::sqrt(0.0455));
  }

  TEST_CASE("the argmax of log p + gumbel draws from p") {
    const std::array<double, 6> p = {0.4, 0.25, 0.2, 0.1, 0.04, 0.01};
    constexpr int kCount = 100000;
    std::array<int, 6> counts{};
    for (int position = 0; position < kCount; ++position) {
      const RandomStream noise(9, "gumbel", 0, position);
      int best = 0;
      double best_score = -HUGE_VAL;
      for (int token = 0; token < 6; ++token) {
        const double score = std::log(p[token]) + noise.gumbel(token);
        if (score > best_score) best_score = score, best = token;
      }
      ++counts[best];
    }
    double chi_square = 0;
    for (int token = 0; token < 6; ++token)
      chi_square += std::pow(counts[token] - kCount * p[token], 2) / (kCount * p[token]);
    CHECK(chi_square < 25.7);  // 5 degrees of freedom: exceeded with probability 1e-4
  }
}
