#pragma once

#include <span>
#include <string>

namespace tenon::evaluation {

/// The eleven recalls of VOC 2007, which differ in their last bits: that decides where a recall lies
/// exactly on the grid. Matlab: 0:0.1:1 as its colon operator has it, the upper half counted from the
/// end (point 3 is one bit above 0.3). Numpy: arange(0, 1.1, 0.1) (points 3, 6 and 7 are one bit above).
/// Decimal: the literals 0.1, 0.2, ...
enum class RecallGrid { Matlab, Numpy, Decimal };
double eleven_point(RecallGrid grid, int point);

/// VOC 2007 to 2009 (Everingham et al. 2010, section 4.2): the mean over recalls t = 0, 0.1, ... 1 of
/// the greatest precision at a recall of at least t, 0 where none is reached. Both spans have one entry a
/// detection, highest score first; precision may be NaN where nothing counted yet, as in VOCdevkit
/// (then NaN is the result if no entry is a number).
double eleven_point_average(std::span<const double> recall, std::span<const double> precision,
                            RecallGrid grid);

/// VOC 2010 on: the area under the curve of precision over recall, precision made monotonic from the
/// right; sums as numpy does.
double area_average(std::span<const double> recall, std::span<const double> precision);

}  // namespace tenon::evaluation
