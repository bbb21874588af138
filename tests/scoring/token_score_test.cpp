#include "scoring/token_score.h"

#include <doctest/doctest.h>

#include <algorithm>

#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"

using namespace tenon;
using namespace tenon::scoring;

TEST_SUITE_BEGIN("token_score");

TEST_CASE("equal logits make every token cost log of the vocabulary") {
  const std::vector<float> logits(1000, -37.5f);
  const auto summary = summarize(logits);
  CHECK(summary.best == 0);
  CHECK(nats(logits, summary, 999) == doctest::Approx(std::log(1000.0)).epsilon(1e-14));
}

TEST_CASE("logits far apart neither overflow nor lose what is small") {
  const std::vector<float> logits{3e4f, -3e4f, 3e4f - 10.0f};
  const auto summary = summarize(logits);
  CHECK(summary.best == 0);
  CHECK(nats(logits, summary, 0) == doctest::Approx(std::log1p(std::exp(-10.0))).epsilon(1e-6));
  CHECK(nats(logits, summary, 1) == doctest::Approx(6e4));
}

TEST_CASE("a token that is ruled out costs infinity and leaves the others alone") {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  const std::vector<float> p{0.0f, kNever, 0.0f}, q{0.0f, 0.0f, 0.0f};
  const auto p_summary = summarize(p), q_summary = summarize(q);
  CHECK(nats(p, p_summary, 0) == doctest::Approx(std::log(2.0)));
  CHECK(std::isinf(nats(p, p_summary, 1)));
  CHECK(divergence(p, p_summary, q, q_summary) == doctest::Approx(std::log(1.5)));
  CHECK(std::isinf(divergence(q, q_summary, p, p_summary)));
}

TEST_CASE("divergence is what its definition says") {
  // p = (1/2, 1/4, 1/4), q = (1/4, 1/4, 1/2): 1/2 log 2 + 0 - 1/4 log 2.
  const std::vector<float> p{std::log(2.0f), 0.0f, 0.0f}, q{5.0f, 5.0f, 5.0f + std::log(2.0f)};
  CHECK(divergence(p, summarize(p), q, summarize(q)) ==
        doctest::Approx(0.25 * std::log(2.0)).epsilon(1e-6));
  CHECK(divergence(p, summarize(p), p, summarize(p)) == 0.0);
}

TEST_CASE("logits that are not numbers are refused") {
  const std::vector<float> first{std::nanf(""), 1.0f}, last{1.0f, std::nanf("")};
  const std::vector<float> infinite{1.0f, std::numeric_limits<float>::infinity()};
  CHECK_THROWS_AS(summarize(first), Error);
  CHECK_THROWS_AS(summarize(last), Error);
  CHECK_THROWS_AS(summarize(infinite), Error);
}

TEST_SUITE_END();
