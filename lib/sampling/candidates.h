#pragma once

#include <cstdint>
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

/// sum of exp(score) over the items.
double mass_of(const std::vector<Candidate>& items);

}  // namespace tenon::sampling
