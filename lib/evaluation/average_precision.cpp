#include "evaluation/average_precision.h"

#include <cmath>
#include <vector>

#include "evaluation/pairwise_mean.h"

namespace tenon::evaluation {

double eleven_point(RecallGrid grid, int point) {
  switch (grid) {
    case RecallGrid::Matlab:
      return point <= 5 ? point * 0.1 : 1.0 - (10 - point) * 0.1;
    case RecallGrid::Numpy:
      return point * 0.1;
    case RecallGrid::Decimal:
      break;
  }
  return point / 10.0;
}

double eleven_point_average(std::span<const double> recall, std::span<const double> precision,
                            RecallGrid grid) {
  double average = 0.0;
  for (int point = 0; point <= 10; ++point) {
    const double least = eleven_point(grid, point);
    bool is_reached = false;
    double best = std::nan("");
    for (std::size_t i = 0; i < recall.size(); ++i) {
      if (!(recall[i] >= least)) continue;
      is_reached = true;
      best = std::fmax(best, precision[i]);  // fmax passes NaN over
    }
    average += (is_reached ? best : 0.0) / 11.0;
  }
  return average;
}

double area_average(std::span<const double> recall, std::span<const double> precision) {
  std::vector<double> recalls = {0.0}, envelope = {0.0};
  recalls.insert(recalls.end(), recall.begin(), recall.end());
  envelope.insert(envelope.end(), precision.begin(), precision.end());
  recalls.push_back(1.0);
  envelope.push_back(0.0);
  for (std::size_t i = envelope.size() - 1; i-- > 0;)
    envelope[i] = std::fmax(envelope[i], envelope[i + 1]);
  std::vector<double> parts;
  for (std::size_t i = 1; i < recalls.size(); ++i)
    if (recalls[i] != recalls[i - 1]) parts.push_back((recalls[i] - recalls[i - 1]) * envelope[i]);
  return pairwise_sum(parts);
}

}  // namespace tenon::evaluation
