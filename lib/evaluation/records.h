#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "image/run_length_mask.h"

namespace tenon::evaluation {

/// What is compared.
enum class Task { Box, Mask, Keypoints };

/// Left, top, width, height in pixels, the origin at the outer corner of the first pixel.
struct Box {
  double left = 0, top = 0, width = 0, height = 0;
  double area() const { return width * height; }
  bool operator==(const Box&) const = default;
};

/// One row a picture. The order of rows decides between equal scores of different pictures: COCO
/// has them by ascending id, VOC in the order of its list.
struct Images {
  std::vector<std::int64_t> ids;
  std::vector<std::string> names;
  std::vector<image::PictureSize> sizes;  // 0 x 0 where unknown
  std::size_t size() const { return ids.size(); }
};

/// One row a class; COCO has them by ascending id.
struct Categories {
  std::vector<std::int64_t> ids;
  std::vector<std::string> names;
  std::size_t size() const { return ids.size(); }
};

/// One mask an object, their runs behind each other.
struct MaskColumn {
  image::RunList runs;
  std::vector<std::size_t> ends;  // of each mask in `runs`
  std::size_t size() const { return ends.size(); }
  image::Runs operator[](std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    return image::Runs(runs).subspan(begin, ends[i] - begin);
  }
  /// Ends the mask whose runs were appended to `runs`.
  void finish() { ends.push_back(runs.size()); }
  void append(image::Runs mask) {
    runs.insert(runs.end(), mask.begin(), mask.end());
    finish();
  }
};

/// `points` points an object: x, y in pixels and a visibility (0: not labelled).
struct KeypointColumn {
  std::size_t points = 0;
  std::vector<double> values;  // [object, point, 3]
  std::span<const double> operator[](std::size_t i) const {
    return std::span(values).subspan(i * points * 3, points * 3);
  }
};

/// Annotated objects as columns; row i of every column is one object, in the order of the file.
/// `masks` and `keypoints` are filled only for their tasks.
struct Truth {
  Images images;
  Categories categories;
  std::vector<std::uint32_t> image;     // row of `images`
  std::vector<std::uint32_t> category;  // row of `categories`
  std::vector<Box> boxes;
  std::vector<double> areas;  // pixels; as annotated, for COCO that of the mask
  std::vector<std::int64_t> ids;
  std::vector<std::uint8_t> is_crowd;         // COCO: a region of many objects
  std::vector<std::uint8_t> is_difficult;     // VOC: neither wanted nor an error
  std::vector<std::int32_t> labelled_points;  // COCO's num_keypoints
  MaskColumn masks;
  KeypointColumn keypoints;
  std::size_t size() const { return image.size(); }
};

/// What a detector found, as columns; rows refer to the pictures and classes of a Truth.
struct Detections {
  std::vector<std::uint32_t> image;
  std::vector<std::uint32_t> category;
  std::vector<Box> boxes;
  std::vector<double> scores;  // no NaN
  std::vector<double> areas;   // pixels, for the area ranges
  MaskColumn masks;
  KeypointColumn keypoints;
  std::size_t size() const { return image.size(); }
};

/// Throws Error(Internal) where columns differ in length or refer to rows that are not there.
void check_columns(const Truth& truth);
void check_columns(const Truth& truth, const Detections& detections);

}  // namespace tenon::evaluation
