#include "evaluation/overlap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "evaluation/pairwise_mean.h"

namespace tenon::evaluation {

double box_overlap(const Box& detection, const Box& truth, bool is_crowd) {
  const double width = std::fmin(detection.width + detection.left, truth.width + truth.left) -
                       std::fmax(detection.left, truth.left);
  if (width <= 0) return 0.0;
  const double height = std::fmin(detection.height + detection.top, truth.height + truth.top) -
                        std::fmax(detection.top, truth.top);
  if (height <= 0) return 0.0;
  const double intersection = width * height;
  return intersection /
         (is_crowd ? detection.area() : detection.area() + truth.area() - intersection);
}

double keypoint_overlap(std::span<const double> detection, std::span<const double> truth,
                        const Box& truth_box, double truth_area, std::span<const double> sigmas) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  bool has_labels = false;
  for (std::size_t i = 0; i < sigmas.size(); ++i) has_labels |= truth[3 * i + 2] > 0;
  const Box& box = truth_box;
  const double left = box.left - box.width, right = box.left + box.width * 2;
  const double top = box.top - box.height, bottom = box.top + box.height * 2;
  const auto outside = [](double value, double low, double high) {
    return std::max(0.0, low - value) + std::max(0.0, value - high);
  };
  std::vector<double> likeness;
  likeness.reserve(sigmas.size());
  for (std::size_t i = 0; i < sigmas.size(); ++i) {
    if (has_labels && !(truth[3 * i + 2] > 0)) continue;
    const double x = detection[3 * i], y = detection[3 * i + 1];
    const double dx = has_labels ? x - truth[3 * i] : outside(x, left, right);
    const double dy = has_labels ? y - truth[3 * i + 1] : outside(y, top, bottom);
    const double variance = (sigmas[i] * 2) * (sigmas[i] * 2);
    likeness.push_back(std::exp(-((dx * dx + dy * dy) / variance / (truth_area + kEpsilon) / 2)));
  }
  return pairwise_mean(likeness);
}

std::vector<double> coco_keypoint_sigmas() {
  std::vector<double> sigmas = {.26, .25, .25,  .35,  .35, .79, .79, .72, .72,
                                .62, .62, 1.07, 1.07, .87, .87, .89, .89};
  for (double& sigma : sigmas) sigma /= 10.0;
  return sigmas;
}

MaskShapes mask_shapes(const MaskColumn& masks, std::span<const std::uint32_t> image,
                       const Images& images) {
  MaskShapes shapes;
  shapes.areas.reserve(masks.size());
  shapes.boxes.reserve(masks.size());
  for (std::size_t i = 0; i < masks.size(); ++i) {
    shapes.areas.push_back(image::mask_area(masks[i]));
    shapes.boxes.push_back(image::tight_box(masks[i], images.sizes[image[i]].height));
  }
  return shapes;
}

OverlapTable::OverlapTable(const Truth& truth, const Detections& detections, Task task,
                           std::vector<double> sigmas)
    : truth_(truth), detections_(detections), task_(task), sigmas_(std::move(sigmas)) {
  if (task_ == Task::Mask) {
    TENON_CHECK(truth.masks.size() == truth.size() && detections.masks.size() == detections.size());
    truth_shapes_ = mask_shapes(truth.masks, truth.image, truth.images);
    detection_shapes_ = mask_shapes(detections.masks, detections.image, truth.images);
  }
  if (task_ == Task::Keypoints) {
    const std::size_t points = sigmas_.size();
    for (const KeypointColumn* column : {&truth.keypoints, &detections.keypoints}) {
      if (column->points != points && !column->values.empty())
        throw Error(ErrorKind::Shape, "objects have " + std::to_string(column->points) +
                                          " keypoints, there are " + std::to_string(points) +
                                          " sigmas");
    }
    TENON_CHECK(truth.keypoints.values.size() == truth.size() * points * 3);
    TENON_CHECK(detections.keypoints.values.size() == detections.size() * points * 3);
  }
}

double OverlapTable::operator()(std::uint32_t detection, std::uint32_t truth) const {
  switch (task_) {
    case Task::Box:
      return box_overlap(detections_.boxes[detection], truth_.boxes[truth],
                         truth_.is_crowd[truth] != 0);
    case Task::Mask:
      return mask_overlap(detection, truth);
    case Task::Keypoints:
      return keypoint_overlap(detections_.keypoints[detection], truth_.keypoints[truth],
                              truth_.boxes[truth], truth_.areas[truth], sigmas_);
  }
  return 0.0;
}

double OverlapTable::mask_overlap(std::uint32_t detection, std::uint32_t truth) const {
  const image::PixelBox& a = detection_shapes_.boxes[detection];
  const image::PixelBox& b = truth_shapes_.boxes[truth];
  if (a.left + a.width <= b.left || b.left + b.width <= a.left) return 0.0;
  if (a.top + a.height <= b.top || b.top + b.height <= a.top) return 0.0;
  const std::uint64_t intersection =
      image::intersection_area(detections_.masks[detection], truth_.masks[truth]);
  if (intersection == 0) return 0.0;
  const std::uint64_t area = detection_shapes_.areas[detection];
  const std::uint64_t whole =
      truth_.is_crowd[truth] != 0 ? area : area + truth_shapes_.areas[truth] - intersection;
  return static_cast<double>(intersection) / static_cast<double>(whole);
}

}  // namespace tenon::evaluation
