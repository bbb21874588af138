#pragma once

#include <span>

#include "image/run_length_mask.h"

namespace tenon::image {

/// The pixels inside a polygon, the same ones as COCO's maskApi.c: vertices on a grid of a fifth of
/// a pixel, truncated after adding one half; every edge walked along its longer side; a column's
/// crossings rounded up. Pixels inside by the even-odd rule.
///
/// `xy` is x0, y0, x1, y1, ... in pixels, the pixel at column c, row r being [c, c+1) x [r, r+1); the
/// last vertex joins the first. Throws Error(Input) for fewer than 3 vertices, an odd count, and
/// coordinates that are not finite or beyond 2^24.
RunList polygon_runs(std::span<const double> xy, PictureSize size);

/// A box [left, top, width, height] as the polygon of its four corners.
RunList box_runs(double left, double top, double width, double height, PictureSize size);

}  // namespace tenon::image
