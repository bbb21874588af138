#include "evaluation/voc.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/team.h"
#include "evaluation/cells.h"
#include "evaluation/pairwise_mean.h"

namespace tenon::evaluation {

double voc_overlap(const Box& detection, const Box& truth, PixelRule pixels) {
  const double extra = pixels == PixelRule::Inclusive ? 1.0 : 0.0;
  const double width = std::min(detection.left + detection.width, truth.left + truth.width) -
                       std::max(detection.left, truth.left) + extra;
  const double height = std::min(detection.top + detection.height, truth.top + truth.height) -
                        std::max(detection.top, truth.top) + extra;
  if (!(width > 0 && height > 0)) return 0.0;
  const double intersection = width * height;
  const auto area = [&](const Box& box) { return (box.width + extra) * (box.height + extra); };
  return intersection / (area(detection) + area(truth) - intersection);
}

namespace {

/// Rows of the truth by class and picture, those of the detections by class.
struct ClassRows {
  std::vector<std::uint32_t> truths;
  std::vector<std::size_t> truth_begins;  // [class]
  std::vector<std::uint32_t> detections;
  std::vector<std::size_t> detection_begins;  // [class]
};

std::vector<std::size_t> class_begins(std::span<const std::uint32_t> category,
                                      std::size_t classes) {
  std::vector<std::size_t> begins(classes + 1);
  for (const std::uint32_t row : category) ++begins[row + 1];
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  return begins;
}

ClassRows class_rows(const Truth& truth, const Detections& detections) {
  const std::size_t classes = truth.categories.size();
  std::vector<std::uint32_t> truths(truth.size()), found(detections.size());
  std::iota(truths.begin(), truths.end(), 0u);
  std::iota(found.begin(), found.end(), 0u);
  truths = sorted_by_key(truths, truth.image, truth.images.size());
  return {sorted_by_key(truths, truth.category, classes), class_begins(truth.category, classes),
          sorted_by_key(found, detections.category, classes),
          class_begins(detections.category, classes)};
}

class ClassScorer {
 public:
  ClassScorer(const Truth& truth, const Detections& detections, const VocOptions& options)
      : truth_(truth), detections_(detections), options_(options) {}

  VocClass score(std::span<const std::uint32_t> truths, std::span<const std::uint32_t> found) {
    VocClass result;
    truths_ = truths;
    taken_.assign(truths.size(), false);
    for (const std::uint32_t row : truths) result.positives += !is_difficult(row);
    result.rows = ranked(found);
    for (const std::uint32_t row : result.rows) result.verdicts.push_back(judge(row));
    draw_curve(result);
    if (result.positives > 0)
      result.average_precision = average(result);
    else if (options_.classes == AveragedClasses::WithAny && truths.size() + found.size() > 0)
      result.average_precision = 0.0;
    return result;
  }

 private:
  bool is_difficult(std::uint32_t row) const {
    return options_.difficult == DifficultRule::Honoured && truth_.is_difficult[row] != 0;
  }

  std::vector<std::uint32_t> ranked(std::span<const std::uint32_t> found) const {
    std::vector<std::uint32_t> rows(found.begin(), found.end());
    if (options_.ties == TieOrder::Reversed) std::reverse(rows.begin(), rows.end());
    std::stable_sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
      return detections_.scores[a] > detections_.scores[b];
    });
    return rows;
  }

  VocVerdict judge(std::uint32_t row) {
    const std::uint32_t picture = detections_.image[row];
    auto at = std::lower_bound(
        truths_.begin(), truths_.end(), picture,
        [&](std::uint32_t truth, std::uint32_t wanted) { return truth_.image[truth] < wanted; });
    double most = -std::numeric_limits<double>::infinity();
    std::size_t best = truths_.size();
    for (; at != truths_.end() && truth_.image[*at] == picture; ++at) {
      const auto place = static_cast<std::size_t>(at - truths_.begin());
      if (options_.matching == MatchingRule::NextFree && taken_[place] && !is_difficult(*at))
        continue;
      const double overlap =
          voc_overlap(detections_.boxes[row], truth_.boxes[*at], options_.pixels);
      if (overlap > most) {
        most = overlap;
        best = place;
      }
    }
    const bool is_found = options_.threshold == ThresholdRule::AtLeast
                              ? most >= options_.iou_threshold
                              : most > options_.iou_threshold;
    if (!is_found) return VocVerdict::Wrong;
    if (is_difficult(truths_[best])) return VocVerdict::Ignored;
    if (taken_[best]) return VocVerdict::Wrong;
    taken_[best] = true;
    return VocVerdict::Right;
  }

  void draw_curve(VocClass& result) const {
    std::uint64_t right = 0, wrong = 0;
    for (const VocVerdict verdict : result.verdicts) {
      right += verdict == VocVerdict::Right;
      wrong += verdict == VocVerdict::Wrong;
      const double empty = options_.empty_precision == EmptyPrecision::Zero ? 0.0 : std::nan("");
      result.recall.push_back(static_cast<double>(right) / static_cast<double>(result.positives));
      result.precision.push_back(right + wrong == 0 ? empty
                                                    : static_cast<double>(right) /
                                                          static_cast<double>(right + wrong));
    }
  }

  std::optional<double> average(const VocClass& result) const {
    const double value = options_.average == AverageRule::ElevenPoint
                             ? eleven_point_average(result.recall, result.precision, options_.grid)
                             : area_average(result.recall, result.precision);
    if (std::isnan(value)) return std::nullopt;
    return value;
  }

  const Truth& truth_;
  const Detections& detections_;
  const VocOptions& options_;
  std::span<const std::uint32_t> truths_;  // of the class, by picture
  std::vector<bool> taken_;                // [truth of the class]
};

template <typename T>
std::span<const T> part(const std::vector<T>& values, const std::vector<std::size_t>& begins,
                        std::size_t k) {
  return std::span(values).subspan(begins[k], begins[k + 1] - begins[k]);
}

}  // namespace

VocResult evaluate_voc(const Truth& truth, const Detections& detections, const VocOptions& options,
                       Team* team) {
  if (!(options.iou_threshold > 0 && options.iou_threshold <= 1))
    throw Error(ErrorKind::Usage, "the IoU threshold must lie in (0, 1]");
  check_columns(truth, detections);
  const ClassRows rows = class_rows(truth, detections);
  VocResult result;
  result.classes.resize(truth.categories.size());
  std::atomic<std::size_t> next = 0;
  const auto score_classes = [&] {
    ClassScorer scorer(truth, detections, options);
    for (std::size_t k = next++; k < result.classes.size(); k = next++)
      result.classes[k] = scorer.score(part(rows.truths, rows.truth_begins, k),
                                       part(rows.detections, rows.detection_begins, k));
  };
  if (team != nullptr)
    team->run([&](Worker&) { score_classes(); });
  else
    score_classes();
  std::vector<double> averages;
  for (const VocClass& scored : result.classes)
    if (scored.average_precision) averages.push_back(*scored.average_precision);
  if (!averages.empty()) result.mean = pairwise_mean(averages);
  return result;
}

}  // namespace tenon::evaluation
