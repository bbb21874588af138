#pragma once

#include <string>
#include <string_view>

#include "evaluation/records.h"

namespace tenon::formats {

/// How COCO JSON (https://cocodataset.org/#format-data, #format-results) is read.
struct CocoJsonOptions {
  // Decides what an object must have and which columns are filled: masks and keypoints only for
  // their tasks.
  evaluation::Task task = evaluation::Task::Box;
  // Detections of classes that the truth does not name: pycocotools drops them without a word.
  bool drops_unknown_classes = false;
};

/// A dataset: images, categories and annotations; images and categories by ascending id. Polygons,
/// runs and compressed runs become runs. Throws Error(Input) with file and JSON pointer for what is
/// no such file: missing or mistyped fields, duplicate ids, objects of unknown pictures or classes,
/// boxes of negative size, masks that do not fit their picture, more than 2^16 pixels a side.
evaluation::Truth read_coco_truth(std::string_view text, const std::string& path,
                                  const CocoJsonOptions& options);

/// Results: an array of detections, or an object whose "annotations" they are. As in pycocotools'
/// loadRes the first one decides what the area of all is: of its box, else of its mask, else the
/// extent of its keypoints; a missing box is made of mask or keypoints; for masks a missing
/// segmentation is the box. Errors as above.
evaluation::Detections read_coco_results(std::string_view text, const std::string& path,
                                         const evaluation::Truth& truth,
                                         const CocoJsonOptions& options);

}  // namespace tenon::formats
