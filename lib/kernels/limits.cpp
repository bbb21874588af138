#include "kernels/limits.h"

#include <algorithm>

#include "kernels/provider.h"

namespace tenon::kernels {

namespace {

void add_missing(const LimitLoops& loops, LimitLoops& all) {
  for (const PeakLoop& loop : loops.peaks)
    if (std::ranges::find(all.peaks, loop.form, &PeakLoop::form) == all.peaks.end())
      all.peaks.push_back(loop);
  if (all.read == nullptr) all.read = loops.read;
}

}  // namespace

LimitLoops limit_loops() {
  LimitLoops all;
  if (avx512_state().is_available) add_missing(avx512_limit_loops(), all);
  if (highway_state().is_available) add_missing(highway_limit_loops(), all);
  add_missing(reference_limit_loops(), all);
  return all;
}

}  // namespace tenon::kernels
