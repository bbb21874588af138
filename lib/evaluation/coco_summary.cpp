#include <algorithm>
#include <cstdio>

#include "evaluation/coco.h"
#include "evaluation/pairwise_mean.h"

namespace tenon::evaluation {

namespace {

std::string decimals(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// The mean of the entries that are defined.
std::optional<double> defined_mean(std::vector<double> numbers) {
  std::erase_if(numbers, [](double number) { return !(number > -1); });
  if (numbers.empty()) return std::nullopt;
  return pairwise_mean(numbers);
}

/// Means over the arrays of a result.
class Summary {
 public:
  Summary(const CocoResult& result, const CocoOptions& options)
      : result_(result), options_(options) {}

  CocoMetric metric(const std::string& kind, std::optional<double> threshold,
                    const std::string& area, int cap) const {
    CocoMetric metric;
    metric.name = kind;
    metric.area = area;
    metric.max_detections = cap;
    if (threshold) {
      metric.name += decimals("%.0f", *threshold * 100);
      metric.iou = decimals("%.2f", *threshold);
    } else {
      metric.iou = decimals("%.2f", options_.iou_thresholds.front()) + ":" +
                   decimals("%.2f", options_.iou_thresholds.back());
    }
    metric.value = defined_mean(kind == "AP" ? precisions(threshold, area, cap, {})
                                             : recalls(threshold, area, cap));
    return metric;
  }

  /// In the order [threshold, recall, class], which decides the last bit of the mean.
  std::vector<double> precisions(std::optional<double> threshold, const std::string& area, int cap,
                                 std::optional<std::size_t> only_class) const {
    std::vector<double> numbers;
    each_slice(threshold, area, cap, [&](std::size_t t, std::size_t a, std::size_t m) {
      for (std::size_t r = 0; r < result_.recalls; ++r)
        for (std::size_t k = 0; k < result_.classes; ++k)
          if (!only_class || *only_class == k)
            numbers.push_back(result_.precision[result_.curve_index(t, r, k, a, m)]);
    });
    return numbers;
  }

 private:
  std::vector<double> recalls(std::optional<double> threshold, const std::string& area,
                              int cap) const {
    std::vector<double> numbers;
    each_slice(threshold, area, cap, [&](std::size_t t, std::size_t a, std::size_t m) {
      for (std::size_t k = 0; k < result_.classes; ++k)
        numbers.push_back(result_.recall[result_.recall_index(t, k, a, m)]);
    });
    return numbers;
  }

  template <typename Slice>
  void each_slice(std::optional<double> threshold, const std::string& area, int cap,
                  Slice slice) const {
    for (std::size_t t = 0; t < result_.thresholds; ++t) {
      if (threshold && options_.iou_thresholds[t] != *threshold) continue;
      for (std::size_t a = 0; a < result_.areas; ++a) {
        if (options_.area_ranges[a].name != area) continue;
        for (std::size_t m = 0; m < result_.caps; ++m)
          if (options_.max_detections[m] == cap) slice(t, a, m);
      }
    }
  }

  const CocoResult& result_;
  const CocoOptions& options_;
};

std::vector<CocoMetric> summarize_keypoints(const Summary& summary, const CocoOptions& options) {
  // pycocotools writes 20 into the summary whatever the cap is.
  const int cap = options.quirks == Quirks::Strict ? 20 : options.max_detections.back();
  std::vector<CocoMetric> metrics;
  for (const char* kind : {"AP", "AR"}) {
    metrics.push_back(summary.metric(kind, {}, "all", cap));
    metrics.push_back(summary.metric(kind, 0.5, "all", cap));
    metrics.push_back(summary.metric(kind, 0.75, "all", cap));
    metrics.push_back(summary.metric(kind, {}, "medium", cap));
    metrics.push_back(summary.metric(kind, {}, "large", cap));
  }
  return metrics;
}

}  // namespace

std::vector<CocoMetric> summarize_coco(const CocoResult& result, const CocoOptions& options) {
  const Summary summary(result, options);
  if (options.task == Task::Keypoints) return summarize_keypoints(summary, options);
  const auto& caps = options.max_detections;
  const bool is_strict = options.quirks == Quirks::Strict;
  // pycocotools: the first line is about 100 detections whatever the caps are, the others take the
  // third cap.
  const int cap = is_strict && caps.size() > 3 ? caps[2] : caps.back();
  std::vector<CocoMetric> metrics;
  metrics.push_back(summary.metric("AP", {}, "all", is_strict ? 100 : cap));
  metrics.push_back(summary.metric("AP", 0.5, "all", cap));
  metrics.push_back(summary.metric("AP", 0.75, "all", cap));
  for (const char* area : {"small", "medium", "large"})
    metrics.push_back(summary.metric("AP", {}, area, cap));
  const std::size_t recall_lines = is_strict ? std::min<std::size_t>(3, caps.size()) : caps.size();
  for (std::size_t m = 0; m < recall_lines; ++m)
    metrics.push_back(summary.metric("AR", {}, "all", caps[m]));
  for (const char* area : {"small", "medium", "large"})
    metrics.push_back(summary.metric("AR", {}, area, cap));
  return metrics;
}

std::optional<double> class_average_precision(const CocoResult& result, const CocoOptions& options,
                                              std::size_t k, std::optional<double> threshold) {
  const Summary summary(result, options);
  return defined_mean(summary.precisions(threshold, options.area_ranges.front().name,
                                         options.max_detections.back(), k));
}

std::string coco_table(const std::vector<CocoMetric>& metrics) {
  std::string table;
  for (const CocoMetric& metric : metrics) {
    const bool is_precision = metric.name.starts_with("AP");
    char line[160];
    std::snprintf(line, sizeof line, " %-18s %s @[ IoU=%-9s | area=%6s | maxDets=%3d ] = %.3f\n",
                  is_precision ? "Average Precision" : "Average Recall",
                  is_precision ? "(AP)" : "(AR)", metric.iou.c_str(), metric.area.c_str(),
                  metric.max_detections, metric.value.value_or(-1.0));
    table += line;
  }
  return table;
}

}  // namespace tenon::evaluation
