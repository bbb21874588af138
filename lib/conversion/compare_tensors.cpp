#include "conversion/compare_tensors.h"

#include <algorithm>
#include <cmath>

namespace tenon::conversion {

namespace {

/// Rows are summed each by itself and then in order, so that the team's size changes no bit.
struct RowDifference {
  double squares = 0;  // of the first
  double squared_difference = 0;
  double max_difference = 0;
  std::int64_t worst = -1;
  std::uint64_t differing = 0, first_nan = 0, second_nan = 0, unmatched_nan = 0;
};

RowDifference compare_row(std::span<const float> first, std::span<const float> second) {
  RowDifference row;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const double a = double{first[i]}, b = double{second[i]};
    const bool is_first_nan = std::isnan(a), is_second_nan = std::isnan(b);
    if (is_first_nan || is_second_nan) {
      row.first_nan += is_first_nan ? 1 : 0;
      row.second_nan += is_second_nan ? 1 : 0;
      row.unmatched_nan += is_first_nan != is_second_nan ? 1 : 0;
      row.differing += is_first_nan != is_second_nan ? 1 : 0;
      continue;
    }
    row.squares += a * a;
    if (a == b) continue;  // also equal infinities, whose difference would be NaN
    const double difference = std::fabs(a - b);
    ++row.differing;
    row.squared_difference += difference * difference;
    if (difference > row.max_difference) {
      row.max_difference = difference;
      row.worst = static_cast<std::int64_t>(i);
    }
  }
  return row;
}

std::vector<RowDifference> compare_rows(const TensorView& first, const TensorView& second,
                                        Team& team) {
  const auto elements = static_cast<std::size_t>(first.row_elements());
  std::vector<RowDifference> rows(static_cast<std::size_t>(first.rows()));
  team.parallel_for(static_cast<std::ptrdiff_t>(rows.size()), 1, [&](Range range) {
    std::vector<float> a(elements), b(elements);
    for (std::ptrdiff_t i = range.begin; i < range.end; ++i) {
      first.dequantize_row(i, a);
      second.dequantize_row(i, b);
      rows[static_cast<std::size_t>(i)] = compare_row(a, b);
    }
  });
  return rows;
}

TensorDifference compare(const std::string& name, const TensorView& first, const TensorView& second,
                         Team& team) {
  TensorDifference result;
  result.name = name;
  result.shape = first.shape;
  result.first_dtype = first.dtype;
  result.second_dtype = second.dtype;
  result.elements = static_cast<std::uint64_t>(first.shape.elements());
  double squares = 0, squared_difference = 0;
  std::int64_t row_start = 0;
  for (const RowDifference& row : compare_rows(first, second, team)) {
    squares += row.squares;
    squared_difference += row.squared_difference;
    result.differing += row.differing;
    result.first_nan += row.first_nan;
    result.second_nan += row.second_nan;
    result.unmatched_nan += row.unmatched_nan;
    if (row.max_difference > result.max_difference) {
      result.max_difference = row.max_difference;
      result.worst_index = row_start + row.worst;
    }
    row_start += first.row_elements();
  }
  const std::uint64_t counted =
      result.elements - (result.first_nan + result.second_nan + result.unmatched_nan) / 2;
  if (counted > 0)
    result.rms_difference = std::sqrt(squared_difference / static_cast<double>(counted));
  if (std::isinf(squared_difference))  // infinity / infinity would be NaN
    result.relative_rms_difference = squared_difference;
  else if (squared_difference > 0)
    result.relative_rms_difference = std::sqrt(squared_difference / squares);
  return result;
}

}  // namespace

bool TensorComparison::is_equal() const {
  return only_in_first.empty() && only_in_second.empty() && shapes.empty() &&
         std::ranges::all_of(tensors, [](const TensorDifference& t) { return t.differing == 0; });
}

TensorComparison compare_tensors(const WeightSource& first, const WeightSource& second,
                                 Team& team) {
  TensorComparison comparison;
  for (const std::string& name : first.names()) {
    const TensorView a = first.find(name).value();
    const std::optional<TensorView> b = second.find(name);
    if (!b)
      comparison.only_in_first.push_back(name);
    else if (!(a.shape == b->shape))
      comparison.shapes.push_back({name, a.shape, b->shape});
    else
      comparison.tensors.push_back(compare(name, a, *b, team));
  }
  for (const std::string& name : second.names())
    if (!first.find(name)) comparison.only_in_second.push_back(name);
  return comparison;
}

}  // namespace tenon::conversion
