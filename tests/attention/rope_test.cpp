#include "attention/rope.h"

#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <vector>

#include "base/error.h"
#include "base/random.h"

using tenon::Error;
using tenon::RandomStream;
using tenon::attention::RopeConfig;
using tenon::attention::RotaryEmbedding;

namespace {

std::vector<float> random_head(std::size_t size, std::uint64_t seed) {
  const RandomStream random(seed, "head");
  std::vector<float> head(size);
  for (std::size_t i = 0; i < size; ++i) head[i] = static_cast<float>(random.normal(i));
  return head;
}

std::vector<float> rotated(const RotaryEmbedding& rope, std::int64_t position,
                           std::vector<float> head) {
  std::vector<float> table(static_cast<std::size_t>(rope.dimensions()));
  rope.fill_table(position, table);
  rope.rotate(table, 1, static_cast<std::int64_t>(head.size()), head.data());
  return head;
}

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

}  // namespace

TEST_SUITE("attention") {
  TEST_CASE("rope turns pair i by position * base^(-2i/n), as complex numbers do") {
    const RotaryEmbedding rope({.dimensions = 16});
    const std::vector<float> head = random_head(16, 1);
    for (const std::int64_t position : {0L, 1L, 17L, 8191L, 131072L, 4000000L}) {
      const std::vector<float> turned = rotated(rope, position, head);
      for (std::size_t i = 0; i < 8; ++i) {
        // long double keeps 64 bits: an angle of 4e6 radians is exact to 1e-12 here
        const long double angle = static_cast<long double>(position) *
                                  std::pow(10000.0L, -static_cast<long double>(i) / 8);
        const std::complex<long double> expected =
            std::complex<long double>(head[2 * i], head[2 * i + 1]) * std::polar(1.0L, angle);
        CHECK(std::fabs(turned[2 * i] - static_cast<double>(expected.real())) < 1e-6);
        CHECK(std::fabs(turned[2 * i + 1] - static_cast<double>(expected.imag())) < 1e-6);
      }
    }
  }

  TEST_CASE("rope makes scores depend on the distance alone") {
    const RotaryEmbedding rope({.pairing = RopeConfig::Pairing::Halves, .dimensions = 32});
    const std::vector<float> query = random_head(32, 1), key = random_head(32, 2);
    const double near = dot(rotated(rope, 12, query), rotated(rope, 5, key));
    const double far = dot(rotated(rope, 100012, query), rotated(rope, 100005, key));
    CHECK(near == doctest::Approx(far).epsilon(1e-5));
    CHECK(std::fabs(near - dot(rotated(rope, 12, query), rotated(rope, 6, key))) > 1e-3);
  }

  TEST_CASE("halves turn as interleaved pairs do after the rows are reordered") {
    const RotaryEmbedding pairs({.dimensions = 16});
    const RotaryEmbedding halves({.pairing = RopeConfig::Pairing::Halves, .dimensions = 16});
    const std::vector<float> head = random_head(16, 1);
    std::vector<float> reordered(16);
    for (std::size_t i = 0; i < 8; ++i) {
      reordered[i] = head[2 * i];
      reordered[8 + i] = head[2 * i + 1];
    }
    const std::vector<float> a = rotated(pairs, 77, head), b = rotated(halves, 77, reordered);
    for (std::size_t i = 0; i < 8; ++i) {
      CHECK(a[2 * i] == b[i]);
      CHECK(a[2 * i + 1] == b[8 + i]);
    }
  }

  TEST_CASE("rope leaves the dimensions beyond its own as they are, in every head") {
    for (const auto pairing : {RopeConfig::Pairing::Interleaved, RopeConfig::Pairing::Halves}) {
      const RotaryEmbedding rope({.pairing = pairing, .dimensions = 6});
      const std::vector<float> heads = random_head(20, 3);
      std::vector<float> table(6), turned = heads;
      rope.fill_table(9, table);
      rope.rotate(table, 2, 10, turned.data());
      for (const std::size_t head : {0, 1}) {
        for (std::size_t i = 0; i < 6; ++i) CHECK(turned[head * 10 + i] != heads[head * 10 + i]);
        for (std::size_t i = 6; i < 10; ++i) CHECK(turned[head * 10 + i] == heads[head * 10 + i]);
      }
    }
  }

  TEST_CASE("linear scaling and divisors slow every pair down") {
    const RotaryEmbedding plain({.dimensions = 8});
    const RotaryEmbedding linear(
        {.dimensions = 8, .scaling = RopeConfig::Scaling::Linear, .factor = 4.0});
    const std::vector<float> divisors = {1.0f, 2.0f, 4.0f, 8.0f};
    const RotaryEmbedding divided({.dimensions = 8}, divisors);
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(linear.frequencies()[i] == plain.frequencies()[i] / 4.0);
      CHECK(divided.frequencies()[i] == plain.frequencies()[i] / divisors[i]);
    }
  }

  TEST_CASE("yarn agrees with the frequencies and attention factor of transformers") {
    // transformers 5.24.0, ROPE_INIT_FUNCTIONS["yarn"], with the setting Qwen2.5 publishes: head_dim 128,
    // rope_theta 1e6, factor 4, original_max_position_embeddings 32768. Pair and inv_freq:
    const RotaryEmbedding rope({.pairing = RopeConfig::Pairing::Halves,
                                .dimensions = 128,
                                .base = 1e6,
                                .scaling = RopeConfig::Scaling::Yarn,
                                .factor = 4.0,
                                .original_context = 32768});
    const std::pair<std::size_t, double> expected[] = {{0, 1},
                                                       {22, 0.00865964312},
                                                       {23, 0.00697830599},
                                                       {24, 0.00537532149},
                                                       {30, 0.00106436096},
                                                       {38, 9.26230132e-05},
                                                       {39, 6.4903943e-05},
                                                       {40, 4.44569851e-05},
                                                       {41, 3.58253164e-05},
                                                       {63, 3.10234441e-07}};
    for (const auto& [pair, frequency] : expected)
      CHECK(rope.frequencies()[pair] == doctest::Approx(frequency).epsilon(1e-6));
    std::vector<float> table(128);
    rope.fill_table(0, table);
    CHECK(table[0] == doctest::Approx(1.13862944).epsilon(1e-7));
    CHECK(table[64] == 0.0f);
  }

  TEST_CASE("the attention factor multiplies queries and keys") {
    const RotaryEmbedding rope({.dimensions = 8, .attention_factor = 1.5});
    std::vector<float> table(8);
    rope.fill_table(0, table);
    CHECK(table == std::vector<float>{1.5f, 1.5f, 1.5f, 1.5f, 0.0f, 0.0f, 0.0f, 0.0f});
  }

  TEST_CASE("rope refuses what it cannot turn") {
    const std::vector<float> three(3, 1.0f), with_zero = {1.0f, 0.0f, 1.0f, 1.0f};
    CHECK_THROWS_WITH_AS(RotaryEmbedding({.dimensions = 7}),
                         "rope turns pairs, 7 dimensions cannot be paired", Error);
    CHECK_THROWS_AS(RotaryEmbedding({.dimensions = 8, .base = 0.0}), Error);
    CHECK_THROWS_AS(RotaryEmbedding({.dimensions = 8, .base = NAN}), Error);
    CHECK_THROWS_AS(RotaryEmbedding({.dimensions = 8, .factor = -1.0}), Error);
    CHECK_THROWS_AS(RotaryEmbedding({.dimensions = 8, .scaling = RopeConfig::Scaling::Yarn}),
                    Error);
    CHECK_THROWS_WITH_AS(RotaryEmbedding({.dimensions = 8}, three),
                         "rope has 4 frequencies, but 3 divisors", Error);
    CHECK_THROWS_AS(RotaryEmbedding({.dimensions = 8}, with_zero), Error);
  }
}
