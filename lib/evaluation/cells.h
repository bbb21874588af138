#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluation/records.h"

namespace tenon::evaluation {

/// The objects of one class in one picture, as ranges of rows.
struct Cell {
  std::uint32_t image = 0;
  std::span<const std::uint32_t> truths;  // rows of Truth, in the order of the file
  std::span<const std::uint32_t>
      detections;  // rows of Detections, highest score first, ties in the
                   // order of the file
};

/// Rows of truth and detections sorted by class, then picture: a cell is two ranges, and cells with
/// nothing in them do not exist. With `use_categories` false all objects are of one class, the
/// objects of a picture in the order of their classes (as pycocotools does for useCats = 0).
class Cells {
 public:
  Cells(const Truth& truth, const Detections& detections, bool use_categories);

  std::size_t class_count() const { return class_begins_.size() - 1; }
  /// Cells of a class in the order of the pictures.
  std::span<const Cell> of_class(std::size_t index) const {
    return std::span(cells_).subspan(class_begins_[index],
                                     class_begins_[index + 1] - class_begins_[index]);
  }

 private:
  std::vector<std::uint32_t> truth_order_;
  std::vector<std::uint32_t> detection_order_;
  std::vector<Cell> cells_;
  std::vector<std::size_t> class_begins_;
};

/// Rows 0 ... keys.size() - 1 sorted by keys[row] < key_count, equal ones in the order of `rows`.
std::vector<std::uint32_t> sorted_by_key(std::span<const std::uint32_t> rows,
                                         std::span<const std::uint32_t> keys,
                                         std::size_t key_count);

}  // namespace tenon::evaluation
