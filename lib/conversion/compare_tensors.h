#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/team.h"
#include "precision/dtype.h"
#include "tensor/weight_source.h"

namespace tenon::conversion {

/// One tensor in both sources, with the same shape; numbers as float32, whatever their types.
struct TensorDifference {
  std::string name;
  Shape shape;
  DType first_dtype = DType::F32;
  DType second_dtype = DType::F32;
  std::uint64_t elements = 0;
  std::uint64_t differing =
      0;  // elements with different values (0 and -0 are equal, NaN and NaN too)
  double max_difference =
      0;  // |first - second|; infinite where one of them or both of opposite sign are
  double rms_difference = 0;
  double relative_rms_difference = 0;  // over the rms of the first; 0 where both rms are 0
  std::int64_t worst_index = -1;  // row-major index of the largest difference; -1: none differs
  // NaN has no difference: elements with a NaN on either side are counted here and left out above,
  // except that those with a NaN on one side only are among `differing`.
  std::uint64_t first_nan = 0;
  std::uint64_t second_nan = 0;
  std::uint64_t unmatched_nan = 0;  // on one side only
};

struct ShapeDifference {
  std::string name;
  Shape first;
  Shape second;
};

struct TensorComparison {
  std::vector<std::string> only_in_first;  // in the order of that source
  std::vector<std::string> only_in_second;
  std::vector<ShapeDifference> shapes;
  std::vector<TensorDifference> tensors;  // in the order of the first source

  /// Every tensor is in both with one shape and equal numbers.
  bool is_equal() const;
};

/// Compares tensors by name. Rows run in parallel; the result does not depend on the size of the
/// team.
TensorComparison compare_tensors(const WeightSource& first, const WeightSource& second, Team& team);

}  // namespace tenon::conversion
