#include "sampling/draw.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "sampling/softmax.h"

using namespace tenon;
using namespace tenon::sampling;

TEST_SUITE_BEGIN("sampling");

TEST_CASE("leading words of many draws are those of each draw alone") {
  const RandomStream noise(123, "gumbel", 4, 5);
  for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{0xFFFFFFF5},
                                    std::uint64_t{0x123456789ABCDEF}}) {
    for (const std::size_t size : {0u, 1u, 7u, 8u, 15u, 16u, 17u, 31u, 33u, 100u}) {
      std::vector<std::uint32_t> words(size + 1, 0xABCDu);
      noise.high_words(first, std::span(words).first(size));
      for (std::size_t i = 0; i < size; ++i)
        REQUIRE(words[i] == static_cast<std::uint32_t>(noise.bits(first + i) >> 32));
      CHECK(words[size] == 0xABCDu);
    }
  }
}

TEST_CASE("the sum of exponentials is right to rounding, for spread and far apart logits") {
  for (const double temperature : {0.05, 1.0, 4.0}) {
    for (const std::size_t size : {1u, 15u, 16u, 17u, 1000u}) {
      std::vector<float> logits(size);
      for (std::size_t i = 0; i < size; ++i)
        logits[i] = static_cast<float>(i * 7919 % 1009) * 0.73f - 300.0f;
      logits[size / 2] = -INFINITY;
      if (size == 1) logits[0] = 2.0f;
      const float greatest = greatest_logit(logits);
      long double expected = 0.0L;
      for (const float logit : logits)
        expected += std::exp((static_cast<long double>(logit) - greatest) / temperature);
      const double sum = exp_sum(logits, greatest, temperature);
      CHECK(std::abs(sum / static_cast<double>(expected) - 1.0) < 3e-15);
    }
  }
}

TEST_CASE("draws from a list and from the whole vocabulary agree") {
  std::vector<float> logits(700);
  for (std::size_t i = 0; i < logits.size(); ++i)
    logits[i] = static_cast<float>(i * 7919 % 1009) * 0.01f;
  const TemperedLogits tempered = apply_temperature(logits, 0.9);
  const Candidates all = candidates_from(tempered, -HUGE_VAL, 0.0);
  REQUIRE(all.items.size() == logits.size());
  Candidates reversed = all;
  std::reverse(reversed.items.begin(), reversed.items.end());
  for (std::uint64_t position = 0; position < 2000; ++position) {
    const RandomStream noise(1, "gumbel", 0, position);
    const std::int32_t token = draw(tempered, noise);
    REQUIRE(draw(all, noise) == token);
    REQUIRE(draw(reversed, noise) == token);
  }
}

TEST_SUITE_END();
