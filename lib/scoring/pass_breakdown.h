#pragma once

#include <span>
#include <vector>

#include "models/language/pass_profile.h"

namespace tenon::scoring {

/// One part of a pass.
struct PartTime {
  models::PassPart part = models::PassPart::Synchronisation;
  double seconds = 0.0;      // mean over the workers
  double seconds_min = 0.0;  // of the worker that spent least on it
  double seconds_max = 0.0;  // and most
};

/// Where the time of a pass goes: the seconds of the parts and `rest_seconds` add up to `seconds`. The mean
/// over workers stands for a part, because work that one has more of the others wait for: it is
/// there in their synchronisation.
struct PassBreakdown {
  double seconds = 0.0;         // of a pass
  std::vector<PartTime> parts;  // in the order of models::PassPart
  double rest_seconds = 0.0;    // planning the batch and starting the workers
  // Choosing a token from a row of logits, which follows a pass and is no part of it; 0 where no
  // row had logits.
  double greedy_seconds = 0.0;  // the most probable
  double draw_seconds = 0.0;    // by temperature, top-k and top-p
};

/// The mean over the faster half of `passes` (one at least): a pass that the system interrupted tells
/// where the system was.
PassBreakdown break_down(std::span<const models::PassProfile> passes);

/// Seconds in which the most probable token of `logits` is found, and one is drawn with temperature
/// 0.8, top-k 40 and top-p 0.95: the median of a few, by `now`, into `breakdown`.
void time_sampling(std::span<const float> logits, LapTimer::Clock now, PassBreakdown& breakdown);

}  // namespace tenon::scoring
