#pragma once

#include "sampling/candidates.h"

namespace tenon::sampling {

/// Keeps the tokens whose surprise -log p is nearest to the entropy, the smallest set with at least
/// `typical_p` of the mass (Meister et al. 2022, arXiv:2202.00666, section 3); ties by id.
/// The items must hold the whole mass.
void keep_typical(Candidates& candidates, double typical_p);

/// The same of a whole vocabulary.
Candidates typical_of(const TemperedLogits& logits, double typical_p);

}  // namespace tenon::sampling
