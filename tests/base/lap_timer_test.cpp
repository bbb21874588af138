#include "base/lap_timer.h"

#include <doctest/doctest.h>

#include "base/team.h"

using namespace tenon;

namespace {

double g_time = 0.0;
double fake_time() {
  return g_time;
}
double one_second_later() {
  return g_time += 1.0;
}

}  // namespace

TEST_SUITE("lap_timer") {
  TEST_CASE("every second belongs to the part whose lap ends it") {
    LapTimer timer;
    g_time = 100.0;
    timer.start(fake_time);
    g_time += 3.0;
    timer.lap(2);
    g_time += 0.5;
    timer.lap(5);
    g_time += 4.0;
    timer.lap(2);
    timer.lap(LapTimer::kWaiting, g_time + 8.0);
    CHECK(timer.seconds(2) == 7.0);
    CHECK(timer.seconds(5) == 0.5);
    CHECK(timer.seconds(LapTimer::kWaiting) == 8.0);
    CHECK(timer.seconds(1) == 0.0);

    g_time += 1000.0;  // not measured
    timer.start(fake_time);
    g_time += 1.0;
    timer.lap(2);
    CHECK(timer.seconds(2) == 8.0);
    timer.clear();
    CHECK(timer.seconds(2) == 0.0);
  }

  TEST_CASE("a worker's barrier is a lap of waiting, and without a timer no clock is read") {
    Team team(1);
    LapTimer timer;
    g_time = 0.0;
    team.run([&](Worker& worker) {
      worker.lap(1);
      worker.barrier();
      CHECK(g_time == 0.0);
      worker.time_with(timer, one_second_later);
      worker.lap(3);
      worker.barrier();
      worker.barrier();
    });
    CHECK(timer.seconds(3) == 1.0);
    CHECK(timer.seconds(LapTimer::kWaiting) == 2.0);
    CHECK(timer.seconds(1) == 0.0);
    CHECK(g_time == 4.0);
  }
}
