#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "sampling/temperature.h"

namespace tenon::sampling {

struct Candidate {
  std::int32_t token = 0;
  double score = 0.0;  // log p up to a constant
};

/// The more probable first, ties by id.
inline bool comes_before(const Candidate& a, const Candidate& b) {
  return a.score != b.score ? a.score > b.score : a.token < b.token;
}

/// The tokens still in the race, in no particular order. Never empty.
struct Candidates {
  std::vector<Candidate> items;
  /// sum of exp(score) of all tokens in the race: of the items, and of tokens left out of them
  /// because no later step could keep them.
  double mass = 0.0;
};

/// Every token whose score is at least `floor` (-infinity: every token that can come at all);
/// `mass` is the caller's.
Candidates candidates_from(const TemperedLogits& logits, double floor, double mass);

/// Calls visit(token) for every finite logit of at least `least`. Most of a vocabulary is stepped
/// over in blocks.
template <typename Visit>
void for_each_from(std::span<const float> logits, float least, const Visit& visit) {
  constexpr std::size_t kBlock = 64;
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  for (std::size_t begin = 0; begin < logits.size(); begin += kBlock) {
    const std::size_t end = std::min(begin + kBlock, logits.size());
    std::int32_t is_any = 0;
    for (std::size_t i = begin; i < end; ++i) is_any |= logits[i] >= least;
    if (is_any == 0) continue;
    for (std::size_t i = begin; i < end; ++i)
      if (logits[i] >= least && logits[i] != kNever) visit(i);
  }
}

/// A logit that no token of a score of at least `floor` is below: a little less than the exact
/// border, because the way back from a score rounds.
float least_logit(const TemperedLogits& logits, double floor);

/// sum of exp(score) over the items.
double mass_of(const std::vector<Candidate>& items);

}  // namespace tenon::sampling
