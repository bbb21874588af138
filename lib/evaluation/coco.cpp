#include "evaluation/coco.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/team.h"
#include "evaluation/cells.h"
#include "evaluation/coco_matching.h"
#include "evaluation/overlap.h"

namespace tenon::evaluation {

std::vector<double> linspace(double start, double stop, int count) {
  std::vector<double> grid;
  const double step = (stop - start) / (count - 1);
  for (int i = 0; i < count; ++i) grid.push_back(i * step + start);
  if (count > 1) grid.back() = stop;
  return grid;
}

CocoOptions CocoOptions::of(Task task) {
  CocoOptions options;
  options.task = task;
  if (task == Task::Keypoints) {
    options.max_detections = {20};
    options.area_ranges = {{"all", 0.0, 1e10}, {"medium", 1024.0, 9216.0}, {"large", 9216.0, 1e10}};
    options.keypoint_sigmas = coco_keypoint_sigmas();
  }
  return options;
}

void check_options(const CocoOptions& options) {
  const auto refuse = [](const char* message) { throw Error(ErrorKind::Usage, message); };
  const auto is_number = [](double value) { return !std::isnan(value); };
  const auto& thresholds = options.iou_thresholds;
  if (thresholds.empty() || thresholds.size() > 32) refuse("there must be 1 to 32 IoU thresholds");
  if (!std::all_of(thresholds.begin(), thresholds.end(), [](double t) { return t > 0 && t <= 1; }))
    refuse("an IoU threshold must lie in (0, 1]");
  const auto& recalls = options.recall_thresholds;
  if (recalls.empty() || !std::all_of(recalls.begin(), recalls.end(), is_number))
    refuse("recall thresholds must be numbers, and one or more");
  const auto& caps = options.max_detections;
  if (caps.empty() || caps.front() < 1 ||
      std::adjacent_find(caps.begin(), caps.end(), std::greater_equal<>()) != caps.end())
    refuse("caps on detections must be positive and ascending");
  if (options.area_ranges.empty()) refuse("there must be an area range");
  for (const AreaRange& range : options.area_ranges)
    if (!is_number(range.minimum) || !is_number(range.maximum))
      refuse("the ends of an area range must be numbers");
  if (options.task == Task::Keypoints && options.keypoint_sigmas.empty())
    refuse("keypoints need a sigma for each point");
  if (options.task == Task::Keypoints && !options.use_categories)
    refuse("keypoints are compared within classes only");
}

namespace {

/// The least number of true positives whose recall reaches each threshold: numpy.searchsorted on
/// tp / positives, asked of integers.
std::vector<std::uint64_t> needed_counts(const std::vector<double>& recalls,
                                         std::uint64_t positives) {
  std::vector<std::uint64_t> needed;
  const double total = static_cast<double>(positives);
  for (const double recall : recalls) {
    const double guess = std::floor(std::clamp(recall, 0.0, 1.0) * total) - 2;
    auto count = static_cast<std::uint64_t>(std::max(0.0, guess));
    while (count <= positives && static_cast<double>(count) / total < recall) ++count;
    needed.push_back(count);
  }
  return needed;
}

/// Fills the arrays for one class.
class ClassAccumulator {
 public:
  ClassAccumulator(const CocoOptions& options, const ClassMatches& matches, std::size_t k,
                   CocoResult& result)
      : options_(options), matches_(matches), k_(k), result_(result) {}

  void run() {
    for (std::size_t a = 0; a < result_.areas; ++a) {
      std::uint64_t positives = 0;
      for (const std::uint32_t count : matches_.areas[a].positives) positives += count;
      if (positives == 0) continue;
      needed_ = needed_counts(options_.recall_thresholds, positives);
      for (std::size_t m = 0; m < result_.caps; ++m) {
        select(matches_.areas[a], static_cast<std::uint32_t>(options_.max_detections[m]));
        for (std::size_t t = 0; t < result_.thresholds; ++t) curve(t, a, m, positives);
      }
    }
  }

 private:
  struct Outcome {
    std::uint32_t right;  // bit t: counts as true positive
    std::uint32_t wrong;  // bit t: counts as false positive
    double score;
  };

  /// The detections that the cap leaves, highest score first.
  void select(const AreaMatches& matches, std::uint32_t cap) {
    outcomes_.clear();
    for (const std::uint32_t i : matches_.order) {
      if (matches_.rank[i] >= cap) continue;
      const std::uint32_t counts = ~matches.ignored[i];
      outcomes_.push_back(
          {matches.matched[i] & counts, ~matches.matched[i] & counts, matches_.scores[i]});
    }
  }

  void curve(std::size_t t, std::size_t a, std::size_t m, std::uint64_t positives) {
    // Between true positives precision never rises: its envelope is made of theirs alone.
    constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
    precisions_.clear();
    scores_.clear();
    std::uint64_t right = 0, wrong = 0;
    for (const Outcome& outcome : outcomes_) {
      wrong += outcome.wrong >> t & 1;
      if ((outcome.right >> t & 1) == 0) continue;
      ++right;
      precisions_.push_back(static_cast<double>(right) /
                            (static_cast<double>(wrong + right) + kEpsilon));
      scores_.push_back(outcome.score);
    }
    for (std::size_t i = precisions_.size(); i-- > 1;)
      precisions_[i - 1] = std::max(precisions_[i - 1], precisions_[i]);
    result_.recall[result_.recall_index(t, k_, a, m)] =
        static_cast<double>(right) / static_cast<double>(positives);
    for (std::size_t r = 0; r < result_.recalls; ++r) {
      const std::size_t at = result_.curve_index(t, r, k_, a, m);
      const std::uint64_t needed = needed_[r];
      double precision = 0.0, score = 0.0;
      if (needed == 0 && !outcomes_.empty()) {
        precision = right > 0 ? precisions_[0] : 0.0;
        score = outcomes_[0].score;
      } else if (needed > 0 && needed <= right) {
        precision = precisions_[needed - 1];
        score = scores_[needed - 1];
      }
      result_.precision[at] = precision;
      result_.scores[at] = score;
    }
  }

  const CocoOptions& options_;
  const ClassMatches& matches_;
  std::size_t k_;
  CocoResult& result_;
  std::vector<std::uint64_t> needed_;  // [recall threshold]
  std::vector<Outcome> outcomes_;
  std::vector<double> precisions_;  // [true positive]
  std::vector<double> scores_;      // [true positive]
};

CocoResult empty_result(const CocoOptions& options, std::size_t classes) {
  CocoResult result;
  result.thresholds = options.iou_thresholds.size();
  result.recalls = options.recall_thresholds.size();
  result.classes = classes;
  result.areas = options.area_ranges.size();
  result.caps = options.max_detections.size();
  const std::size_t rows = result.thresholds * classes * result.areas * result.caps;
  result.recall.assign(rows, -1.0);
  result.precision.assign(rows * result.recalls, -1.0);
  result.scores.assign(rows * result.recalls, -1.0);
  return result;
}

}  // namespace

CocoResult evaluate_coco(const Truth& truth, const Detections& detections,
                         const CocoOptions& options, Team* team) {
  check_options(options);
  check_columns(truth, detections);
  const Cells cells(truth, detections, options.use_categories);
  const OverlapTable overlap(truth, detections, options.task, options.keypoint_sigmas);
  CocoResult result = empty_result(options, cells.class_count());
  const auto evaluate_class = [&](std::size_t k) {
    const ClassMatches matches =
        match_class(cells.of_class(k), truth, detections, overlap, options);
    ClassAccumulator(options, matches, k, result).run();
  };
  if (team == nullptr) {
    for (std::size_t k = 0; k < cells.class_count(); ++k) evaluate_class(k);
    return result;
  }
  // Classes differ in size by orders of magnitude, so workers fetch them; each writes only its own
  // part of the arrays.
  std::atomic<std::size_t> next = 0;
  team->run([&](Worker&) {
    for (std::size_t k = next++; k < cells.class_count(); k = next++) evaluate_class(k);
  });
  return result;
}

}  // namespace tenon::evaluation
