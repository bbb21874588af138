#include "image/polygon_mask.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/error.h"

namespace tenon::image {

namespace {

// maskApi.c walks on a grid of kScale points a pixel. The crossing from column c - 1 to c of pixels
// lies between the points kScale * c + 2 and kScale * c + 3, where (point + 1/2) / kScale - 1/2 = c.
constexpr int kScale = 5;
constexpr int kCrossing = kScale / 2;

struct Point {
  int x = 0;
  int y = 0;
};

int on_grid(double coordinate) {
  return static_cast<int>(kScale * coordinate + 0.5);
}

/// Where an edge crosses a column of pixels: the position in column-major order.
class Crossings {
 public:
  explicit Crossings(PictureSize size)
      : size_(size),
        pixels_(pixel_count(size)),
        last_column_(static_cast<int>(std::min(size.width - 1, 1u << 28))) {}

  void edge(Point start, Point end) {
    const int width = std::abs(end.x - start.x);
    const int height = std::abs(end.y - start.y);
    const bool is_flat = width >= height;
    if (is_flat ? start.x > end.x : start.y > end.y) std::swap(start, end);
    if (width == 0) return;
    if (is_flat)
      flat_edge(start, end, static_cast<double>(end.y - start.y) / width);
    else
      steep_edge(start, end, static_cast<double>(end.x - start.x) / height);
  }

  RunList runs() {
    positions_.push_back(pixels_);
    std::sort(positions_.begin(), positions_.end());
    RunList runs;
    std::uint32_t before = 0;
    bool joins = false;  // a run of length 0 joins its neighbours
    for (const std::uint32_t position : positions_) {
      const std::uint32_t length = position - before;
      before = position;
      if (joins) {
        runs.back() += length;
        joins = false;
      } else if (length == 0 && !runs.empty()) {
        joins = true;
      } else {
        runs.push_back(length);
      }
    }
    return runs;
  }

 private:
  // The columns whose crossing lies in [low, high), both on the grid.
  int first_column(int low) const {
    return low <= kCrossing ? 0 : (low - kCrossing + kScale - 1) / kScale;
  }
  int end_column(int high) const {
    return high <= kCrossing ? 0 : std::min(last_column_, (high - 1 - kCrossing) / kScale) + 1;
  }

  void flat_edge(Point start, Point end, double slope) {
    const auto y_at = [&](int step) { return static_cast<int>(start.y + slope * step + 0.5); };
    for (int column = first_column(start.x); column < end_column(end.x); ++column) {
      const int step = kScale * column + kCrossing - start.x;
      add(column, std::min(y_at(step), y_at(step + 1)));
    }
  }

  void steep_edge(Point start, Point end, double slope) {
    const auto x_at = [&](int step) { return static_cast<int>(start.x + slope * step + 0.5); };
    const int steps = end.y - start.y;
    const int low = std::min(start.x, end.x), high = std::max(start.x, end.x);
    for (int column = first_column(low); column < end_column(high); ++column) {
      // The last step before the crossing; x_at is monotone, so that a guess is mended by walking.
      const int edge_x = kScale * column + kCrossing;
      const auto is_before = [&](int step) {
        return slope > 0 ? x_at(step) <= edge_x : x_at(step) > edge_x;
      };
      int step = std::clamp(static_cast<int>((edge_x + 0.5 - start.x) / slope), 0, steps - 1);
      while (step > 0 && !is_before(step)) --step;
      while (step + 1 < steps && is_before(step + 1)) ++step;
      add(column, start.y + step);
    }
  }

  void add(int column, int y) {
    const double row =
        std::ceil(std::clamp((y + 0.5) / kScale - 0.5, 0.0, static_cast<double>(size_.height)));
    positions_.push_back(static_cast<std::uint32_t>(column) * size_.height +
                         static_cast<std::uint32_t>(row));
  }

  PictureSize size_;
  std::uint32_t pixels_;
  int last_column_;
  std::vector<std::uint32_t> positions_;
};

}  // namespace

RunList polygon_runs(std::span<const double> xy, PictureSize size) {
  constexpr double kLimit = 1 << 24;  // pixels; the grid fits 32-bit integers
  if (xy.size() < 6 || xy.size() % 2 != 0)
    throw Error(ErrorKind::Input, "a polygon has " + std::to_string(xy.size()) + " numbers")
        .hint("a polygon is x, y of three points or more");
  for (const double value : xy) {
    if (!(std::abs(value) <= kLimit))
      throw Error(ErrorKind::Input, "a polygon has the coordinate " + std::to_string(value))
          .hint("coordinates are pixels of the picture");
  }
  Crossings crossings(size);
  const auto vertex = [&](std::size_t i) {
    return Point{on_grid(xy[2 * i]), on_grid(xy[2 * i + 1])};
  };
  const std::size_t count = xy.size() / 2;
  for (std::size_t i = 0; i < count; ++i) crossings.edge(vertex(i), vertex((i + 1) % count));
  return crossings.runs();
}

RunList box_runs(double left, double top, double width, double height, PictureSize size) {
  const double right = left + width, bottom = top + height;
  const std::array<double, 8> corners = {left, top, left, bottom, right, bottom, right, top};
  return polygon_runs(corners, size);
}

}  // namespace tenon::image
