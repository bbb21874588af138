#include "scoring/pass_timing.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/error.h"
#include "formula_model.h"

using namespace tenon;
using namespace tenon::scoring;
using namespace tenon::test;

TEST_SUITE_BEGIN("pass_timing");

TEST_CASE("times are what the clock says, for every kind of pass at the same depth") {
  Team team(1);
  FormulaModel model(10007);
  double now = 100.0;
  int passes = 0;
  model.on_forward = [&](std::int64_t rows) {
    now += 0.5 * static_cast<double>(rows) + 0.001 * ++passes;  // slower with every pass
  };
  const auto times = time_passes(
      model, {.rows = {1, 4, 20}, .depth = 300, .repeat = 4, .warmup = 2, .logit_rows = 3}, team,
      [&] { return now; });

  // 300 tokens are filled in three passes, then rounds of three passes that begin with another kind
  // each.
  const std::vector<std::int64_t> kinds{1, 4, 20};
  std::vector<FormulaModel::Pass> expected{{128, 0, 0}, {128, 0, 128}, {44, 0, 256}};
  std::vector<std::vector<double>> seconds(3);
  for (std::size_t round = 0; round < 6; ++round)
    for (std::size_t i = 0; i < 3; ++i) {
      const std::size_t kind = (round + i) % 3;
      const std::int64_t rows = kinds[kind];
      expected.push_back({rows, std::min<std::int64_t>(rows, 3), 300});
      if (round >= 2)
        seconds[kind].push_back(0.5 * static_cast<double>(rows) +
                                0.001 * static_cast<double>(expected.size()));
    }
  CHECK(model.passes == expected);
  REQUIRE(times.size() == 3);
  for (std::size_t kind = 0; kind < 3; ++kind) {
    const PassTime& time = times[kind];
    CHECK(time.rows == kinds[kind]);
    CHECK(time.depth == 300);
    REQUIRE(time.seconds.size() == 4);
    for (std::size_t i = 0; i < 4; ++i)
      CHECK(time.seconds[i] == doctest::Approx(seconds[kind][i]).epsilon(1e-9));
    std::sort(seconds[kind].begin(), seconds[kind].end());
    const double median = (seconds[kind][1] + seconds[kind][2]) / 2;
    CHECK(time.seconds_min == doctest::Approx(seconds[kind][0]).epsilon(1e-9));
    CHECK(time.seconds_median == doctest::Approx(median).epsilon(1e-9));
    CHECK(time.tokens_per_second ==
          doctest::Approx(static_cast<double>(kinds[kind]) / median).epsilon(1e-9));
    CHECK(time.bytes_per_second == doctest::Approx(1000 / median).epsilon(1e-9));
  }
}

TEST_CASE("of an odd number of passes the middle one is the median") {
  Team team(1);
  FormulaModel model;
  double now = 0.0;
  int passes = 0;
  model.on_forward = [&](std::int64_t) {
    now += std::vector{9.0, 5.0, 1.0, 2.0}[static_cast<std::size_t>(passes++)];
  };
  const auto times = time_passes(model, {.rows = {2}, .repeat = 3}, team, [&] { return now; });
  CHECK(times[0].seconds == std::vector{5.0, 1.0, 2.0});
  CHECK(times[0].seconds_min == 1.0);
  CHECK(times[0].seconds_median == 2.0);
}

TEST_CASE("counts that measure nothing are refused") {
  Team team(1);
  FormulaModel model;
  const auto refused = [&](const PassTimingOptions& options) {
    try {
      time_passes(model, options, team, [] { return 0.0; });
    } catch (const Error& error) {
      return error.kind() == ErrorKind::Usage;
    }
    return false;
  };
  CHECK(refused({.rows = {}}));
  CHECK(refused({.rows = {1, 0}}));
  CHECK(refused({.rows = {std::int64_t{1} << 40}}));
  CHECK(refused({.depth = -1}));
  CHECK(refused({.repeat = 0}));
  CHECK(refused({.warmup = -1}));
}

TEST_SUITE_END();
