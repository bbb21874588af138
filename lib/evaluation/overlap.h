#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluation/records.h"

namespace tenon::evaluation {

/// Intersection over union of two boxes; with a crowd as truth, intersection over the detection's
/// area (maskApi.c, bbIou). 0 where they do not overlap.
double box_overlap(const Box& detection, const Box& truth, bool is_crowd);

/// How alike keypoints are (object keypoint similarity): the mean of exp(-d^2 / (2 (2 sigma)^2 area))
/// over the labelled points of the truth. Where none is labelled, d is the distance to the box of
/// the truth extended by its own width and height on each side, over all points.
/// `truth`, `detection` are [point, 3]; `sigmas` are fractions of the object's scale.
double keypoint_overlap(std::span<const double> detection, std::span<const double> truth,
                        const Box& truth_box, double truth_area, std::span<const double> sigmas);

/// The 17 points of COCO's people; numpy's bits: hundredths divided by ten.
std::vector<double> coco_keypoint_sigmas();

/// What stays the same of every mask, found once: area and the smallest box around it.
struct MaskShapes {
  std::vector<std::uint64_t> areas;
  std::vector<image::PixelBox> boxes;
};
MaskShapes mask_shapes(const MaskColumn& masks, std::span<const std::uint32_t> image,
                       const Images& images);

/// Overlaps of the objects of one cell, by task.
class OverlapTable {
 public:
  OverlapTable(const Truth& truth, const Detections& detections, Task task,
               std::vector<double> sigmas);

  double operator()(std::uint32_t detection, std::uint32_t truth) const;

 private:
  double mask_overlap(std::uint32_t detection, std::uint32_t truth) const;

  const Truth& truth_;
  const Detections& detections_;
  Task task_;
  std::vector<double> sigmas_;
  MaskShapes truth_shapes_;
  MaskShapes detection_shapes_;
};

}  // namespace tenon::evaluation
