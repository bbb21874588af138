#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "evaluation/coco.h"
#include "evaluation/records.h"
#include "image/polygon_mask.h"

/// The random sets of scripts/oracles/coco_evaluation.py, number for number.
namespace tenon::tests {

/// SplitMix64 (Steele, Lea, Flood 2014).
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  int below(int n) {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return static_cast<int>((z ^ (z >> 31)) % static_cast<std::uint64_t>(n));
  }

 private:
  std::uint64_t state_;
};

struct RandomSet {
  evaluation::Truth truth;
  evaluation::Detections detections;
  evaluation::CocoOptions options;
};

class RandomSetMaker {
 public:
  RandomSetMaker(evaluation::Task task, int number)
      : task_(task), draw_(static_cast<std::uint64_t>(number * 8 + 1 + static_cast<int>(task))) {}

  RandomSet make() {
    set_.options = evaluation::CocoOptions::of(task_);
    first_id_ = draw_.below(4) == 0 ? 0 : 1;
    const int pictures = 1 + draw_.below(10);
    classes_ = 1 + draw_.below(4);
    const bool is_crowded = draw_.below(8) == 0;
    set_.truth.keypoints.points = set_.detections.keypoints.points = 17;
    for (int i = 0; i < pictures; ++i) {
      set_.truth.images.ids.push_back(3 * i + draw_.below(3));
      set_.truth.images.names.emplace_back();
      set_.truth.images.sizes.push_back(kSize);
    }
    for (int c = 0; c <= classes_; ++c) {
      set_.truth.categories.ids.push_back(c + 1);
      set_.truth.categories.names.emplace_back();
    }
    for (int i = 0; i < pictures; ++i) picture(static_cast<std::uint32_t>(i), is_crowded && i == 0);
    if (task_ != evaluation::Task::Keypoints) {
      const int caps = draw_.below(4);
      if (caps == 1) set_.options.max_detections = {1, 3, 7};
      if (caps == 3) set_.options.max_detections = {2, 5, 100};
      set_.options.use_categories = draw_.below(7) != 0;
    }
    return std::move(set_);
  }

 private:
  using Box = evaluation::Box;
  static constexpr image::PictureSize kSize = {120, 160};

  Box draw_box() {
    Box box;
    box.left = draw_.below(400) / 4.0;
    box.top = draw_.below(300) / 4.0;
    const int kind = draw_.below(8);
    if (kind == 0) {
      box.width = box.height = 32.0;
    } else if (kind == 1) {
      box.width = box.height = 96.0;
    } else if (kind == 2) {
      box.height = draw_.below(40) / 4.0;
    } else {
      box.width = draw_.below(240) / 4.0;
      box.height = draw_.below(200) / 4.0;
    }
    return box;
  }

  Box jitter_box(Box box) {
    box.left = box.left + draw_.below(9) - 4;
    box.top = box.top + (draw_.below(9) - 4) / 4.0;
    if (draw_.below(2) == 0) box.width = box.width + draw_.below(5);
    return box;
  }

  image::RunList corner_polygon(const Box& b) {
    std::vector<double> corners = {
        b.left,           b.top, b.left, b.top + b.height, b.left + b.width, b.top + b.height,
        b.left + b.width, b.top};
    for (double& corner : corners) corner += (draw_.below(13) - 6) / 4.0;
    return image::polygon_runs(corners, kSize);
  }

  std::vector<double> draw_points(const Box& box) {
    const bool is_blind = draw_.below(6) == 0;
    std::vector<double> points;
    for (int p = 0; p < 17; ++p) {
      points.push_back(static_cast<int>(box.left) + draw_.below(static_cast<int>(box.width) + 1));
      points.push_back(static_cast<int>(box.top) + draw_.below(static_cast<int>(box.height) + 1));
      points.push_back(is_blind ? 0 : draw_.below(3));
    }
    return points;
  }

  void picture(std::uint32_t image, bool is_crowded) {
    const std::size_t first = set_.truth.size();
    const int truths = draw_.below(7);
    for (int i = 0; i < truths; ++i) add_truth(image);
    const int near_count = static_cast<int>(set_.truth.size() - first);
    const int count = is_crowded ? 130 : draw_.below(12);
    for (int i = 0; i < count; ++i) {
      std::ptrdiff_t near = -1;
      if (near_count > 0) {
        // Python draws the neighbour only after it knows that one is wanted.
        if (draw_.below(3) > 0) near = static_cast<std::ptrdiff_t>(first) + draw_.below(near_count);
      }
      add_detection(image, near);
    }
  }

  void add_truth(std::uint32_t image) {
    evaluation::Truth& truth = set_.truth;
    const Box box = draw_box();
    const double areas[] = {box.area(), 1024.0, 9216.0, box.area() / 2};
    truth.ids.push_back(first_id_ + static_cast<std::int64_t>(truth.size()));
    truth.image.push_back(image);
    truth.boxes.push_back(box);
    truth.areas.push_back(areas[draw_.below(4)]);
    truth.category.push_back(static_cast<std::uint32_t>(draw_.below(classes_)));
    truth.is_crowd.push_back(draw_.below(6) == 0);
    truth.is_difficult.push_back(0);
    if (task_ == evaluation::Task::Mask) {
      image::RunList mask = corner_polygon(box);
      if (draw_.below(3) == 0) mask = image::unite(mask, corner_polygon(draw_box()));
      truth.masks.append(mask);
    }
    int labelled = 0;
    if (task_ == evaluation::Task::Keypoints) {
      const std::vector<double> points = draw_points(box);
      for (std::size_t p = 2; p < points.size(); p += 3) labelled += points[p] > 0;
      truth.keypoints.values.insert(truth.keypoints.values.end(), points.begin(), points.end());
    }
    truth.labelled_points.push_back(labelled);
  }

  void add_detection(std::uint32_t image, std::ptrdiff_t near) {
    evaluation::Detections& found = set_.detections;
    const evaluation::Truth& truth = set_.truth;
    const auto row = static_cast<std::size_t>(near);
    const Box box = near >= 0 ? jitter_box(truth.boxes[row]) : draw_box();
    std::uint32_t category = 0;
    if (near >= 0 && draw_.below(5) > 0)
      category = truth.category[row];
    else
      category = static_cast<std::uint32_t>(draw_.below(classes_ + 1));
    found.image.push_back(image);
    found.category.push_back(category);
    found.scores.push_back(draw_.below(20) / 20.0);
    found.boxes.push_back(box);
    double area = box.area();
    if (task_ == evaluation::Task::Mask) {
      found.masks.append(corner_polygon(box));
      area = static_cast<double>(image::mask_area(found.masks[found.masks.size() - 1]));
    }
    if (task_ == evaluation::Task::Keypoints) area = add_points(near, box);
    found.areas.push_back(area);
  }

  double add_points(std::ptrdiff_t near, const Box& box) {
    std::vector<double> points;
    if (near >= 0) {
      const auto values = set_.truth.keypoints[static_cast<std::size_t>(near)];
      points.assign(values.begin(), values.end());
    } else {
      points = draw_points(box);
    }
    double low[2] = {1e9, 1e9}, high[2] = {-1e9, -1e9};
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (i % 3 == 2) continue;
      points[i] += (draw_.below(7) - 3) / 2.0;
      low[i % 3] = std::min(low[i % 3], points[i]);
      high[i % 3] = std::max(high[i % 3], points[i]);
    }
    auto& values = set_.detections.keypoints.values;
    values.insert(values.end(), points.begin(), points.end());
    return (high[0] - low[0]) * (high[1] - low[1]);
  }

  evaluation::Task task_;
  Draw draw_;
  int first_id_ = 1;
  int classes_ = 1;
  RandomSet set_;
};

/// The digest of the script: every number takes part with its bits and its place.
inline std::string digest(std::span<const double> numbers) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto bits = std::bit_cast<std::uint64_t>(numbers[i]);
    sum += (bits ^ (bits >> 29)) * ((2 * i + 1) * 0x9E3779B97F4A7C15u);
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[sum >> shift & 15];
  return text;
}

}  // namespace tenon::tests
