#pragma once

#include <cstdint>

#include "sampling/candidates.h"

namespace tenon::sampling {

/// Keeps the smallest set of most probable tokens with at least `top_p` of the mass (Holtzman et
/// al. 2019, arXiv:1904.09751, section 3.1).
void keep_nucleus(Candidates& candidates, double top_p);

/// The nucleus of a whole vocabulary.
Candidates nucleus_of(const TemperedLogits& logits, double top_p);

/// A score below which no token of a vocabulary of `vocab` can be in the nucleus: tokens below
/// (1 - top_p) / vocab of the mass hold less than 1 - top_p together.
double nucleus_floor(double mass, double top_p, std::int64_t vocab);

}  // namespace tenon::sampling
