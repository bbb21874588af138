#pragma once

#include <cstdint>

#include "sampling/candidates.h"

namespace tenon::sampling {

/// The k most probable tokens, most probable first (Fan et al. 2018, arXiv:1805.04833,
/// section 5.4): one pass over the vocabulary with a heap of k. Fewer where fewer can come. k >= 1.
Candidates keep_top_k(const TemperedLogits& logits, std::int64_t k);

}  // namespace tenon::sampling
