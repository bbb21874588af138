#pragma once

#include "sampling/candidates.h"

namespace tenon::sampling {

/// Keeps the tokens that are at least `min_p` times as probable as the most probable one (Nguyen et
/// al. 2024, arXiv:2407.01082, section 3).
void keep_min_p(Candidates& candidates, double min_p);

}  // namespace tenon::sampling
