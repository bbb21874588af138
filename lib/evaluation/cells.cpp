#include "evaluation/cells.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace tenon::evaluation {

std::vector<std::uint32_t> sorted_by_key(std::span<const std::uint32_t> rows,
                                         std::span<const std::uint32_t> keys,
                                         std::size_t key_count) {
  std::vector<std::size_t> places(key_count + 1);
  for (const std::uint32_t key : keys) ++places[key + 1];
  std::partial_sum(places.begin(), places.end(), places.begin());
  std::vector<std::uint32_t> sorted(rows.size());
  for (const std::uint32_t row : rows) sorted[places[keys[row]]++] = row;
  return sorted;
}

namespace {

/// Two stable counting sorts: the minor key first.
std::vector<std::uint32_t> sorted_rows(std::span<const std::uint32_t> image, std::size_t images,
                                       std::span<const std::uint32_t> category,
                                       std::size_t categories, bool use_categories) {
  std::vector<std::uint32_t> rows(image.size());
  std::iota(rows.begin(), rows.end(), 0u);
  if (!use_categories)
    return sorted_by_key(sorted_by_key(rows, category, categories), image, images);
  return sorted_by_key(sorted_by_key(rows, image, images), category, categories);
}

/// The leading part of `rows` that lies in one class and picture.
template <typename Records>
std::size_t run_length(std::span<const std::uint32_t> rows, const Records& records,
                       std::uint32_t category, std::uint32_t image, bool use_categories) {
  std::size_t length = 0;
  while (length < rows.size() && records.image[rows[length]] == image &&
         (!use_categories || records.category[rows[length]] == category))
    ++length;
  return length;
}

}  // namespace

Cells::Cells(const Truth& truth, const Detections& detections, bool use_categories) {
  const std::size_t images = truth.images.size();
  const std::size_t classes = use_categories ? truth.categories.size() : 1;
  TENON_CHECK(truth.size() <= UINT32_MAX && detections.size() <= UINT32_MAX);
  truth_order_ =
      sorted_rows(truth.image, images, truth.category, truth.categories.size(), use_categories);
  detection_order_ = sorted_rows(detections.image, images, detections.category,
                                 truth.categories.size(), use_categories);
  std::span<const std::uint32_t> truths = truth_order_;
  std::span<std::uint32_t> found = detection_order_;
  const auto class_of = [&](const auto& records, std::uint32_t row) {
    return use_categories ? records.category[row] : 0u;
  };
  for (std::uint32_t category = 0; category < classes; ++category) {
    class_begins_.push_back(cells_.size());
    for (;;) {
      const bool has_truth = !truths.empty() && class_of(truth, truths[0]) == category;
      const bool has_found = !found.empty() && class_of(detections, found[0]) == category;
      if (!has_truth && !has_found) break;
      std::uint32_t image = UINT32_MAX;
      if (has_truth) image = truth.image[truths[0]];
      if (has_found) image = std::min(image, detections.image[found[0]]);
      const std::size_t truth_count = run_length(truths, truth, category, image, use_categories);
      const std::size_t found_count = run_length(std::span<const std::uint32_t>(found), detections,
                                                 category, image, use_categories);
      const auto ranked = found.first(found_count);
      std::stable_sort(ranked.begin(), ranked.end(), [&](std::uint32_t a, std::uint32_t b) {
        return detections.scores[a] > detections.scores[b];
      });
      cells_.push_back({image, truths.first(truth_count), ranked});
      truths = truths.subspan(truth_count);
      found = found.subspan(found_count);
    }
  }
  class_begins_.push_back(cells_.size());
}

}  // namespace tenon::evaluation
