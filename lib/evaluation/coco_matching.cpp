#include "evaluation/coco_matching.h"

#include <algorithm>
#include <numeric>

namespace tenon::evaluation {

namespace {

/// A truth that a detection may take.
struct Candidate {
  std::uint32_t truth = 0;  // place in the cell
  double overlap = 0.0;
};

class ClassMatcher {
 public:
  ClassMatcher(const Truth& truth, const Detections& detections, const OverlapTable& overlap,
               const CocoOptions& options)
      : truth_(truth), detections_(detections), overlap_(overlap), options_(options) {
    // An overlap of 1 - 1e-10 meets every threshold above.
    for (const double threshold : options.iou_thresholds)
      thresholds_.push_back(std::min(threshold, 1 - 1e-10));
    lowest_ = *std::min_element(thresholds_.begin(), thresholds_.end());
    all_ = static_cast<std::uint32_t>((std::uint64_t{1} << thresholds_.size()) - 1);
    result_.areas.resize(options.area_ranges.size());
  }

  void cell(const Cell& cell) {
    const std::size_t cap = static_cast<std::size_t>(options_.max_detections.back());
    const auto found = cell.detections.first(std::min(cap, cell.detections.size()));
    for (std::size_t i = 0; i < found.size(); ++i) {
      result_.image.push_back(cell.image);
      result_.rank.push_back(static_cast<std::uint32_t>(i));
      result_.scores.push_back(detections_.scores[found[i]]);
    }
    result_.cell_image.push_back(cell.image);
    find_candidates(found, cell.truths);
    for (std::size_t a = 0; a < options_.area_ranges.size(); ++a)
      match(found, cell.truths, options_.area_ranges[a], result_.areas[a]);
  }

  ClassMatches finish() {
    result_.order.resize(result_.scores.size());
    std::iota(result_.order.begin(), result_.order.end(), 0u);
    std::stable_sort(
        result_.order.begin(), result_.order.end(),
        [&](std::uint32_t a, std::uint32_t b) { return result_.scores[a] > result_.scores[b]; });
    return std::move(result_);
  }

 private:
  /// For every detection the truths that some threshold allows, in the order of the file.
  void find_candidates(std::span<const std::uint32_t> found,
                       std::span<const std::uint32_t> truths) {
    candidates_.clear();
    candidate_ends_.clear();
    for (const std::uint32_t detection : found) {
      for (std::uint32_t g = 0; g < truths.size(); ++g) {
        const double overlap = overlap_(detection, truths[g]);
        if (overlap >= lowest_) candidates_.push_back({g, overlap});
      }
      candidate_ends_.push_back(candidates_.size());
    }
  }

  bool is_ignored(std::uint32_t row, const AreaRange& range) const {
    return truth_.is_crowd[row] != 0 ||
           (options_.task == Task::Keypoints && truth_.labelled_points[row] == 0) ||
           truth_.areas[row] < range.minimum || truth_.areas[row] > range.maximum;
  }

  void match(std::span<const std::uint32_t> found, std::span<const std::uint32_t> truths,
             const AreaRange& range, AreaMatches& matches) {
    ignored_.clear();
    for (const std::uint32_t row : truths) ignored_.push_back(is_ignored(row, range));
    matches.positives.push_back(
        static_cast<std::uint32_t>(std::count(ignored_.begin(), ignored_.end(), 0)));
    taken_.assign(truths.size(), 0);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const std::size_t begin = i == 0 ? 0 : candidate_ends_[i - 1];
      const auto candidates = std::span(candidates_).subspan(begin, candidate_ends_[i] - begin);
      std::uint32_t matched = 0, ignored = 0;
      for (std::size_t t = 0; t < thresholds_.size() && !candidates.empty(); ++t)
        take_best(candidates, truths, t, matched, ignored);
      const double area = detections_.areas[found[i]];
      if (area < range.minimum || area > range.maximum) ignored |= all_ & ~matched;
      matches.matched.push_back(matched);
      matches.ignored.push_back(ignored);
    }
  }

  void take_best(std::span<const Candidate> candidates, std::span<const std::uint32_t> truths,
                 std::size_t t, std::uint32_t& matched, std::uint32_t& ignored) {
    const std::uint32_t bit = 1u << t;
    const Candidate* best = nullptr;
    for (const bool is_second_choice : {false, true}) {
      double least = thresholds_[t];
      for (const Candidate& candidate : candidates) {
        if ((ignored_[candidate.truth] != 0) != is_second_choice || candidate.overlap < least)
          continue;
        if ((taken_[candidate.truth] & bit) != 0 && truth_.is_crowd[truths[candidate.truth]] == 0)
          continue;
        least = candidate.overlap;
        best = &candidate;
      }
      if (best != nullptr) break;
    }
    if (best == nullptr) return;
    taken_[best->truth] |= bit;
    if (ignored_[best->truth] != 0) ignored |= bit;
    // pycocotools keeps the id of the partner and takes 0 for none.
    const bool is_lost = options_.quirks == Quirks::Strict && truth_.ids[truths[best->truth]] == 0;
    if (!is_lost) matched |= bit;
  }

  const Truth& truth_;
  const Detections& detections_;
  const OverlapTable& overlap_;
  const CocoOptions& options_;
  std::vector<double> thresholds_;
  double lowest_ = 0.0;
  std::uint32_t all_ = 0;
  std::vector<Candidate> candidates_;
  std::vector<std::size_t> candidate_ends_;
  std::vector<std::uint8_t> ignored_;  // [truth of the cell]
  std::vector<std::uint32_t> taken_;   // [truth of the cell] bit t: taken at threshold t
  ClassMatches result_;
};

}  // namespace

ClassMatches match_class(std::span<const Cell> cells, const Truth& truth,
                         const Detections& detections, const OverlapTable& overlap,
                         const CocoOptions& options) {
  ClassMatcher matcher(truth, detections, overlap, options);
  for (const Cell& cell : cells) matcher.cell(cell);
  return matcher.finish();
}

}  // namespace tenon::evaluation
