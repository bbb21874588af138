#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evaluation/records.h"

namespace tenon::formats {

/// How the four numbers of a line are meant.
enum class BoxNumbers {
  Corners,         // left top right bottom, pixels
  Sides,           // left top width height, pixels
  RelativeCentre,  // centre x, centre y, width, height as parts of the picture (YOLO)
};

struct BoxTextOptions {
  BoxNumbers numbers = BoxNumbers::Corners;
  // Where lines begin with the number of a class, from 0, in place of its name.
  std::vector<std::string> class_names = {};
};

/// Detections of one picture as text, a line each: `class score` and four numbers, split by spaces or
/// tabs; lines without any are passed over. Appends to `detections`; `picture` is a row of the truth.
/// Throws Error(Input) with file and line for another number of words, what is no number, a score that
/// is NaN, classes that the truth does not know, and negative sizes.
void read_box_text(std::string_view text, const std::string& path, std::uint32_t picture,
                   const evaluation::Truth& truth, const BoxTextOptions& options,
                   evaluation::Detections& detections);

/// A folder with NAME.txt for each picture; pictures without one have no detections. Throws as above,
/// and Error(Input) for a file whose picture the truth does not have.
evaluation::Detections read_box_text_folder(const std::string& folder,
                                            const evaluation::Truth& truth,
                                            const BoxTextOptions& options);

}  // namespace tenon::formats
