#include "evaluation/records.h"

#include <algorithm>

#include "base/error.h"

namespace tenon::evaluation {

namespace {

bool all_below(const std::vector<std::uint32_t>& rows, std::size_t end) {
  return std::all_of(rows.begin(), rows.end(), [&](std::uint32_t row) { return row < end; });
}

}  // namespace

void check_columns(const Truth& truth) {
  const std::size_t rows = truth.size();
  TENON_CHECK(truth.category.size() == rows && truth.boxes.size() == rows);
  TENON_CHECK(truth.areas.size() == rows && truth.ids.size() == rows);
  TENON_CHECK(truth.is_crowd.size() == rows && truth.is_difficult.size() == rows);
  TENON_CHECK(truth.images.sizes.size() == truth.images.size());
  TENON_CHECK(all_below(truth.image, truth.images.size()));
  TENON_CHECK(all_below(truth.category, truth.categories.size()));
}

void check_columns(const Truth& truth, const Detections& detections) {
  check_columns(truth);
  const std::size_t rows = detections.size();
  TENON_CHECK(detections.category.size() == rows && detections.boxes.size() == rows);
  TENON_CHECK(detections.scores.size() == rows && detections.areas.size() == rows);
  TENON_CHECK(all_below(detections.image, truth.images.size()));
  TENON_CHECK(all_below(detections.category, truth.categories.size()));
}

}  // namespace tenon::evaluation
