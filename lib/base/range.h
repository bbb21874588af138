#pragma once

#include <cstddef>

namespace tenon {

/// Half-open index range [begin, end).
struct Range {
  std::ptrdiff_t begin = 0;
  std::ptrdiff_t end = 0;
  std::ptrdiff_t size() const { return end - begin; }
};

/// Part `index` of `count` of [0, total), cut at multiples of `grain`; the parts differ by at most
/// one grain.
constexpr Range split_range(std::ptrdiff_t total, int index, int count, std::ptrdiff_t grain = 1) {
  const std::ptrdiff_t grains = (total + grain - 1) / grain;
  const auto cut = [&](std::ptrdiff_t i) {
    const std::ptrdiff_t at = grains * i / count * grain;
    return at < total ? at : total;
  };
  return {cut(index), cut(index + 1)};
}

}  // namespace tenon
