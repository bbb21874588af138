#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluation/cells.h"
#include "evaluation/coco.h"
#include "evaluation/overlap.h"

namespace tenon::evaluation {

/// What became of the detections of one class in one area range. Bit t is IoU threshold t.
struct AreaMatches {
  std::vector<std::uint32_t> matched;    // [detection]
  std::vector<std::uint32_t> ignored;    // [detection] neither right nor wrong
  std::vector<std::uint32_t> positives;  // [cell] truths that count
};

/// The detections of one class that the largest cap leaves, in the order of pictures and ranks.
struct ClassMatches {
  std::vector<std::uint32_t> cell_image;  // [cell]
  std::vector<std::uint32_t> image;       // [detection]
  std::vector<std::uint32_t> rank;        // [detection] in its picture, from 0
  std::vector<double> scores;             // [detection]
  std::vector<std::uint32_t> order;       // detections, highest score first, ties as they come
  std::vector<AreaMatches> areas;         // [area range]
};

/// Matches greedily, highest score first (COCOeval.evaluateImg): a detection takes the free truth
/// that it overlaps most and at least by the threshold, the last of equals, one that counts before
/// one that is ignored; a crowd is never used up. What matches an ignored truth is ignored, as is
/// what matches nothing and is itself outside the area range.
ClassMatches match_class(std::span<const Cell> cells, const Truth& truth,
                         const Detections& detections, const OverlapTable& overlap,
                         const CocoOptions& options);

}  // namespace tenon::evaluation
