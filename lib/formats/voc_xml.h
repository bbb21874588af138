#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evaluation/records.h"

namespace tenon::formats {

/// Annotations of the PASCAL VOC challenge (VOC2007 development kit, section 8): one XML file a picture,
/// `annotation/object` with `name`, `bndbox` of xmin, ymin, xmax, ymax in pixels counted from 1, both
/// inclusive, and `difficult` (absent: 0).
///
/// Pictures are rows in the order given, named by the stem of their file; classes by name. Boxes
/// are left, top, right - left, bottom - top (VocOptions::pixels adds the last pixel); areas are those of
/// COCO's rule, without it. Throws Error(Input) with file and line for what is no annotation, boxes
/// whose xmax is left of xmin or ymax above ymin, and two files of one name.
evaluation::Truth read_voc_annotations(const std::vector<std::string>& paths);

/// The *.xml files of a folder by name. Throws Error(Resource) if there is no such folder,
/// Error(Input) if it has none.
std::vector<std::string> voc_annotation_paths(const std::string& folder);

}  // namespace tenon::formats
