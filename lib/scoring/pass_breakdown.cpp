#include "scoring/pass_breakdown.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/error.h"
#include "sampling/sampler_chain.h"

namespace tenon::scoring {

using models::PassPart;
using models::PassProfile;

namespace {

std::vector<const PassProfile*> faster_half(std::span<const PassProfile> passes) {
  std::vector<const PassProfile*> order;
  for (const PassProfile& pass : passes) order.push_back(&pass);
  std::stable_sort(order.begin(), order.end(), [](const PassProfile* a, const PassProfile* b) {
    return a->seconds() < b->seconds();
  });
  order.resize((order.size() + 1) / 2);
  return order;
}

PartTime part_time(std::span<const PassProfile* const> passes, PassPart part) {
  PartTime time{.part = part, .seconds_min = std::numeric_limits<double>::infinity()};
  const int workers = passes.front()->workers();
  for (int worker = 0; worker < workers; ++worker) {
    double seconds = 0.0;
    for (const PassProfile* pass : passes) seconds += pass->seconds(worker, part);
    seconds /= static_cast<double>(passes.size());
    time.seconds += seconds / workers;
    time.seconds_min = std::min(time.seconds_min, seconds);
    time.seconds_max = std::max(time.seconds_max, seconds);
  }
  return time;
}

double median_draw_seconds(const sampling::SamplingOptions& options, std::span<const float> logits,
                           LapTimer::Clock now) {
  const sampling::SamplerChain chain(options);
  std::array<double, 9> seconds{};
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    const double begin = now();
    // The next position each time, as a text has; the token is not wanted.
    static_cast<void>(chain.draw(logits, {}, 0, i));
    seconds[i] = now() - begin;
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

}  // namespace

PassBreakdown break_down(std::span<const PassProfile> passes) {
  TENON_CHECK(!passes.empty() && passes.front().workers() > 0);
  const std::vector<const PassProfile*> chosen = faster_half(passes);
  PassBreakdown breakdown;
  for (const PassProfile* pass : chosen)
    breakdown.seconds += pass->seconds() / static_cast<double>(chosen.size());
  breakdown.rest_seconds = breakdown.seconds;
  for (int part = 0; part < models::kPassParts; ++part) {
    breakdown.parts.push_back(part_time(chosen, static_cast<PassPart>(part)));
    breakdown.rest_seconds -= breakdown.parts.back().seconds;
  }
  return breakdown;
}

void time_sampling(std::span<const float> logits, LapTimer::Clock now, PassBreakdown& breakdown) {
  breakdown.greedy_seconds = median_draw_seconds({}, logits, now);
  sampling::SamplingOptions options;
  options.temperature = 0.8;
  options.top_k = 40;
  options.top_p = 0.95;
  breakdown.draw_seconds = median_draw_seconds(options, logits, now);
}

}  // namespace tenon::scoring
