#include "scoring/pass_breakdown.h"

#include <doctest/doctest.h>

#include <deque>
#include <vector>

#include "formula_model.h"
#include "scoring/pass_timing.h"

using namespace tenon;
using namespace tenon::scoring;
using models::PassPart;
using models::PassProfile;

namespace {

double g_time = 0.0;
double fake_time() {
  return g_time;
}
// A look takes as long as its turn says, the last for all that follow.
std::deque<double> g_steps;
double stepping_time() {
  const double time = g_time;
  if (!g_steps.empty()) {
    g_time += g_steps.front();
    g_steps.pop_front();
  }
  return time;
}

void lap(PassProfile& profile, int worker, PassPart part, double time) {
  profile.timer(worker).lap(static_cast<int>(part), time);
}

// Two workers that attend for `first` and `second` seconds from the first second on, then wait for one another.
PassProfile two_workers(double first, double second) {
  PassProfile profile(fake_time);
  g_time = 0.0;
  profile.begin(2);
  g_time = 1.0;
  profile.timer(0).start(fake_time);
  profile.timer(1).start(fake_time);
  lap(profile, 0, PassPart::Attention, 1.0 + first);
  lap(profile, 1, PassPart::Attention, 1.0 + second);
  g_time = 1.0 + std::max(first, second);
  profile.end_region();
  g_time += 0.5;
  profile.end();
  return profile;
}

const PartTime& find(const PassBreakdown& breakdown, PassPart part) {
  return breakdown.parts[static_cast<std::size_t>(part)];
}

}  // namespace

TEST_SUITE("pass_breakdown") {
  TEST_CASE("the work of one that others wait for shows as their waiting, and all adds up") {
    const std::vector<PassProfile> passes{two_workers(3.0, 5.0)};
    const PassBreakdown breakdown = break_down(passes);
    CHECK(breakdown.seconds == 6.5);
    CHECK(breakdown.parts.size() == models::kPassParts);
    CHECK(find(breakdown, PassPart::Attention).seconds == 4.0);
    CHECK(find(breakdown, PassPart::Attention).seconds_min == 3.0);
    CHECK(find(breakdown, PassPart::Attention).seconds_max == 5.0);
    CHECK(find(breakdown, PassPart::Synchronisation).seconds == 1.0);
    CHECK(find(breakdown, PassPart::Synchronisation).seconds_min == 0.0);
    CHECK(find(breakdown, PassPart::Synchronisation).seconds_max == 2.0);
    CHECK(find(breakdown, PassPart::Down).seconds == 0.0);
    CHECK(breakdown.rest_seconds == 1.5);
  }

  TEST_CASE("the slower half of the passes does not count") {
    const std::vector<PassProfile> passes{two_workers(900, 2), two_workers(4, 4),
                                          two_workers(800, 800), two_workers(2, 2),
                                          two_workers(6, 6)};
    const PassBreakdown breakdown = break_down(passes);
    CHECK(breakdown.seconds == doctest::Approx(4.0 + 1.5));
    CHECK(find(breakdown, PassPart::Attention).seconds == doctest::Approx(4.0));
    CHECK(breakdown.rest_seconds == doctest::Approx(1.5));
  }

  TEST_CASE("choosing a token is timed by the median of nine") {
    std::vector<float> logits(50, 0.0f);
    logits[7] = 3.0f;
    PassBreakdown breakdown;
    g_time = 0.0;
    g_steps.clear();
    // A draw looks twice: the time between is the first step, the second leads to the next draw.
    for (const double seconds : {5.0, 1.0, 9.0, 2.0, 8.0, 3.0, 7.0, 4.0, 60.0})
      g_steps.insert(g_steps.end(), {seconds, 100.0});
    for (int i = 0; i < 9; ++i) g_steps.insert(g_steps.end(), {0.25, 100.0});
    time_sampling(logits, stepping_time, breakdown);
    CHECK(breakdown.greedy_seconds == 5.0);
    CHECK(breakdown.draw_seconds == 0.25);
  }

  TEST_CASE("profiles are taken beside the times, one a measured pass of each kind") {
    Team team(1);
    test::FormulaModel model;
    g_time = 0.0;
    g_steps.clear();
    model.on_forward = [](std::int64_t rows) { g_time += static_cast<double>(rows); };
    const auto now = [] { return g_time; };
    const PassTimingOptions options{
        .rows = {2, 5}, .repeat = 3, .warmup = 1, .profile_clock = fake_time};
    const auto times = time_passes(model, options, team, now);
    REQUIRE(times.size() == 2);
    CHECK(times[0].seconds == std::vector{2.0, 2.0, 2.0});
    CHECK(times[1].seconds == std::vector{5.0, 5.0, 5.0});
    REQUIRE(times[1].breakdown);
    CHECK(times[0].breakdown->seconds == 2.0);
    CHECK(times[1].breakdown->seconds == 5.0);
    CHECK(find(*times[1].breakdown, PassPart::GateUp).seconds == 5.0);
    CHECK(times[1].breakdown->rest_seconds == 0.0);
    CHECK(model.passes.size() == 2 + 2 * 2 * 3);
    CHECK_FALSE(time_passes(model, {.rows = {2}}, team, now)[0].breakdown);
  }
}
