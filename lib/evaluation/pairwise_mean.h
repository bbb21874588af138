#pragma once

#include <span>

namespace tenon::evaluation {

/// The sum as numpy.sum has it for contiguous float64: up to 128 numbers in eight partial sums,
/// longer ranges halved at a multiple of 8. Its order of additions decides the last bit of a mean.
double pairwise_sum(std::span<const double> numbers);
/// numpy.mean; NaN for none.
double pairwise_mean(std::span<const double> numbers);

}  // namespace tenon::evaluation
