#include "scoring/machine_limits.h"

#include <doctest/doctest.h>

#include <chrono>

#include "base/error.h"
#include "kernels/limits.h"

using namespace tenon;
using namespace tenon::scoring;
using kernels::ActivationForm;

namespace {

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

models::LanguageModelInfo some_model() {
  models::LanguageModelInfo info;
  info.bytes_read_per_pass = 1000;
  info.row_operations[ActivationForm::Int8x32] = 100;
  info.wanted_operations[ActivationForm::Int8x32] = 30;
  info.wanted_operations[ActivationForm::BFloat16] = 7;
  info.cache_numbers_per_position = 64;
  return info;
}

}  // namespace

TEST_SUITE("machine_limits") {
  TEST_CASE("limits are measured for 1, 2, 4 and all threads, in bounded time, and none is 0") {
    Team team(3);
    const double begin = steady_seconds();
    const auto limits = measure_limits(team, {.seconds = 0.05, .read_bytes = std::int64_t{1} << 20},
                                       steady_seconds);
    CHECK(steady_seconds() - begin < 5.0);
    REQUIRE(limits.size() == 3);
    const int threads[] = {1, 2, 3};
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(limits[i].threads == threads[i]);
      CHECK(limits[i].read_bytes_per_second > 1e6);
      CHECK(limits[i].peak(ActivationForm::Float32).value_or(0.0) > 1e6);
      // Where a kind of instruction has a loop, there is a peak, and only there.
      for (const auto form :
           {ActivationForm::Int8x32, ActivationForm::BFloat16, ActivationForm::Float32}) {
        bool has_loop = false;
        for (const auto& loop : kernels::limit_loops().peaks) has_loop |= loop.form == form;
        CHECK(limits[i].peak(form).has_value() == has_loop);
      }
    }
  }

  TEST_CASE("every look at the clock may cost, and memory too small to tell anything is refused") {
    Team team(1);
    const auto limits =
        measure_limits(team, {.seconds = 0.0, .read_bytes = 1 << 16}, [time = 0.0]() mutable {
          return time += 0.001;  // every look a millisecond
        });
    CHECK(limits[0].peak(ActivationForm::Float32).value_or(0.0) > 0.0);
    CHECK_THROWS_AS(measure_limits(team, {.read_bytes = 100}, steady_seconds), Error);
  }

  TEST_CASE("of two measurements each limit is the better one") {
    ThreadLimits before{.threads = 1, .read_bytes_per_second = 5.0};
    ThreadLimits after{.threads = 1, .read_bytes_per_second = 7.0};
    before.operations_per_second = {4.0, std::nullopt, 1.0};
    after.operations_per_second = {3.0, std::nullopt, 2.0};
    const auto best = better_of({before}, {after});
    REQUIRE(best.size() == 1);
    CHECK(best[0].threads == 1);
    CHECK(best[0].read_bytes_per_second == 7.0);
    CHECK((best[0].operations_per_second ==
           std::array<std::optional<double>, 3>{4.0, std::nullopt, 2.0}));
  }

  TEST_CASE("the work of a pass is its weights once, its cache once and every row's products") {
    const PassWork work =
        work_of_pass(some_model(), {.depth = 90, .logit_rows = 3, .cache_type = DType::F16}, 10);
    CHECK(work.weight_bytes == 1000);
    CHECK(work.cache_bytes == 2 * 64 * 100);
    CHECK(work.operations[ActivationForm::Int8x32] == 10 * 100 + 3 * 30);
    CHECK(work.operations[ActivationForm::BFloat16] == 3 * 7);
    auto sliding = some_model();
    sliding.attention_window = 20;
    // The last of ten rows sees 20 positions, the first those nine before.
    CHECK(work_of_pass(sliding, {.depth = 90}, 10).cache_bytes == 2 * 64 * 29);
  }

  TEST_CASE("shares are the least time that the limits allow over the time of the pass") {
    PassWork work{.weight_bytes = 300, .cache_bytes = 100};
    work.operations[ActivationForm::Int8x32] = 1000;
    ThreadLimits limits{.threads = 2, .read_bytes_per_second = 1000.0};
    limits.operations_per_second[static_cast<std::size_t>(ActivationForm::Int8x32)] = 4000.0;
    const LimitShares shares = shares_of(work, 0.5, limits);
    CHECK(shares.bandwidth == doctest::Approx(0.8));
    CHECK(shares.operations.value() == doctest::Approx(0.5));
    work.operations[ActivationForm::BFloat16] = 1;
    CHECK_FALSE(shares_of(work, 0.5, limits).operations);
    limits.operations_per_second[static_cast<std::size_t>(ActivationForm::BFloat16)] = 100.0;
    CHECK(shares_of(work, 0.5, limits).operations.value() == doctest::Approx(0.52));
  }
}
