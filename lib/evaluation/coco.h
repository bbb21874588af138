#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/records.h"

namespace tenon {
class Team;
}

namespace tenon::evaluation {

/// Strict does what pycocotools does, bit for bit; Corrected leaves out what is a mistake in it: an
/// annotation with id 0 counts as never matched, and AP is undefined unless 100 is one of
/// max_detections.
enum class Quirks { Strict, Corrected };

/// Objects whose area is in [minimum, maximum] (both ends belong to it) are of this size.
struct AreaRange {
  std::string name;
  double minimum = 0.0;  // square pixels
  double maximum = 1e10;
};

/// numpy.linspace(start, stop, count): its grids differ from start + i * step in the last bit.
std::vector<double> linspace(double start, double stop, int count);

/// Params of pycocotools 2.0.11 for boxes and masks.
struct CocoOptions {
  Task task = Task::Box;
  std::vector<double> iou_thresholds = linspace(0.5, 0.95, 10);  // at most 32
  std::vector<double> recall_thresholds = linspace(0.0, 1.0, 101);
  std::vector<int> max_detections = {1, 10, 100};  // of a picture and class; ascending
  std::vector<AreaRange> area_ranges = {{"all", 0.0, 1e10},
                                        {"small", 0.0, 1024.0},
                                        {"medium", 1024.0, 9216.0},
                                        {"large", 9216.0, 1e10}};
  bool use_categories = true;  // false: all objects are of one class (class-agnostic)
  Quirks quirks = Quirks::Strict;
  std::vector<double> keypoint_sigmas = {};

  /// The defaults of a task; keypoints have other caps and ranges.
  static CocoOptions of(Task task);
};

/// Throws Error(Usage) for options that cannot be evaluated, naming the field.
void check_options(const CocoOptions& options);

/// The arrays of COCOeval.accumulate, row-major; -1 where a class has no truth in the area range.
/// t = IoU threshold, r = recall threshold, k = class, a = area range, m = cap on detections.
struct CocoResult {
  std::size_t thresholds = 0, recalls = 0, classes = 0, areas = 0, caps = 0;
  std::vector<double> precision;  // [t, r, k, a, m]
  std::vector<double> scores;     // [t, r, k, a, m] the score at which the recall is reached
  std::vector<double> recall;     // [t, k, a, m]

  std::size_t curve_index(std::size_t t, std::size_t r, std::size_t k, std::size_t a,
                          std::size_t m) const {
    return (((t * recalls + r) * classes + k) * areas + a) * caps + m;
  }
  std::size_t recall_index(std::size_t t, std::size_t k, std::size_t a, std::size_t m) const {
    return ((t * classes + k) * areas + a) * caps + m;
  }
};

/// Scores detections as pycocotools 2.0.11 does (cocoeval.py). Classes are those of the truth, also
/// where it has no object of them. The same bits for any team size. Throws Error(Usage) as
/// check_options, Error(Shape) where keypoints and sigmas differ in number.
CocoResult evaluate_coco(const Truth& truth, const Detections& detections,
                         const CocoOptions& options, Team* team = nullptr);

/// One number of the summary.
struct CocoMetric {
  std::string name;  // AP, AP50, AP75, AR, AR50, AR75
  std::string area;
  int max_detections = 0;
  std::string iou;              // "0.50:0.95", "0.50"
  std::optional<double> value;  // nothing where no class has truth
};

/// The 12 numbers of COCOeval.summarize, 10 for keypoints, in its order; with another number of caps
/// than three, one average recall for each.
std::vector<CocoMetric> summarize_coco(const CocoResult& result, const CocoOptions& options);
/// AP of class k at every threshold, or AP50, AP75 (`threshold` of the grid), over all areas.
std::optional<double> class_average_precision(const CocoResult& result, const CocoOptions& options,
                                              std::size_t k, std::optional<double> threshold = {});
/// The lines that COCOeval.summarize prints, byte for byte.
std::string coco_table(const std::vector<CocoMetric>& metrics);

}  // namespace tenon::evaluation
