#include "evaluation/pairwise_mean.h"

#include <array>
#include <cstddef>

namespace tenon::evaluation {

double pairwise_sum(std::span<const double> numbers) {
  constexpr std::size_t kLanes = 8;
  constexpr std::size_t kBlock = 128;
  const std::size_t size = numbers.size();
  if (size < kLanes) {
    double sum = 0.0;
    for (const double number : numbers) sum += number;
    return sum;
  }
  if (size > kBlock) {
    const std::size_t half = size / 2 / kLanes * kLanes;
    return pairwise_sum(numbers.first(half)) + pairwise_sum(numbers.subspan(half));
  }
  std::array<double, kLanes> s{};
  for (std::size_t lane = 0; lane < kLanes; ++lane) s[lane] = numbers[lane];
  std::size_t i = kLanes;
  for (; i + kLanes <= size; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) s[lane] += numbers[i + lane];
  double sum = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
  for (; i < size; ++i) sum += numbers[i];
  return sum;
}

double pairwise_mean(std::span<const double> numbers) {
  return pairwise_sum(numbers) / static_cast<double>(numbers.size());
}

}  // namespace tenon::evaluation
