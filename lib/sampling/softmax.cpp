#include "sampling/softmax.h"

#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "base/error.h"

namespace tenon::sampling {

namespace {

constexpr std::size_t kLanes = 16;

[[noreturn]] void refuse_logits(std::span<const float> logits) {
  for (std::size_t token = 0; token < logits.size(); ++token) {
    if (logits[token] <= FLT_MAX) continue;
    const char* what = std::isnan(logits[token]) ? " is not a number" : " is infinite";
    throw Error(ErrorKind::Input, "the logit of token " + std::to_string(token) + what)
        .hint("the model file is damaged, or its activations overflow; see tenon-model inspect");
  }
  throw Error(ErrorKind::Input, logits.empty() ? "there are no logits to draw from"
                                               : "every token has a logit of -infinity")
      .hint("a --logit-bias of -inf on every token leaves nothing to draw");
}

// exp(x) for x <= 0 without a branch or a table, so that the loop around it becomes vectors: x = n
// ln 2 + r with |r| <= ln(2)/2, then Taylor's series to r^13 / 13!, whose remainder is below 5e-18.
// Where the scaling by bits would leave the normal numbers (and for -infinity) the result is 1e-307
// instead of less: no sum that holds exp(0) can tell.
[[gnu::always_inline]] inline double exp_nonpositive(double x) {
  constexpr double kLog2E = 1.4426950408889634;
  // ln 2 in two parts: the first has 21 zero bits at its end, so n times it is exact.
  constexpr double kLn2High = 0x1.62E42FEE00000p-1, kLn2Low = 0x1.A39EF35793C76p-33;
  constexpr double kRounder = 0x1.8p52;  // adding it leaves round(n) in the low bits
  constexpr double kLeast = -707.0;
  const double y = x > kLeast ? x : kLeast;
  const double shifted = y * kLog2E + kRounder;
  const double n = shifted - kRounder;
  const double r = (y - n * kLn2High) - n * kLn2Low;
  // Written out: the compiler does not make vectors of a loop that holds another loop.
  double series = r * (1.0 / 6227020800.0) + 1.0 / 479001600.0;
  series = series * r + 1.0 / 39916800.0;
  series = series * r + 1.0 / 3628800.0;
  series = series * r + 1.0 / 362880.0;
  series = series * r + 1.0 / 40320.0;
  series = series * r + 1.0 / 5040.0;
  series = series * r + 1.0 / 720.0;
  series = series * r + 1.0 / 120.0;
  series = series * r + 1.0 / 24.0;
  series = series * r + 1.0 / 6.0;
  series = series * r + 0.5;
  series = series * r + 1.0;
  series = series * r + 1.0;
  const std::uint64_t exponent = std::bit_cast<std::uint64_t>(shifted) << 52;
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(series) + exponent);
}

// Lane by lane, so that the width of the vectors cannot change the order of the sum.
[[gnu::always_inline]] inline double exp_sum_lanes(std::span<const float> logits, double greatest,
                                                   double scale) {
  double lane_sums[kLanes] = {};
  const std::size_t whole = logits.size() / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      lane_sums[lane] +=
          exp_nonpositive((static_cast<double>(logits[i + lane]) - greatest) * scale);
  double sum = 0.0;
  for (const double lane_sum : lane_sums) sum += lane_sum;
  for (std::size_t i = whole; i < logits.size(); ++i)
    sum += exp_nonpositive((static_cast<double>(logits[i]) - greatest) * scale);
  return sum;
}

// Of a score that is too small to count, the product with its exponential must not be -infinity times zero.
constexpr double kLeastScore = -700.0;

[[gnu::always_inline]] inline ExpMoments exp_moments_lanes(std::span<const float> logits,
                                                           double greatest, double scale,
                                                           std::span<double> exponentials) {
  double sums[kLanes] = {}, products[kLanes] = {};
  const std::size_t whole = logits.size() / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double score = (static_cast<double>(logits[i + lane]) - greatest) * scale;
      const double exponential = exp_nonpositive(score);
      exponentials[i + lane] = exponential;
      sums[lane] += exponential;
      products[lane] += exponential * (score > kLeastScore ? score : kLeastScore);
    }
  ExpMoments moments;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    moments.sum += sums[lane];
    moments.product += products[lane];
  }
  for (std::size_t i = whole; i < logits.size(); ++i) {
    const double score = (static_cast<double>(logits[i]) - greatest) * scale;
    exponentials[i] = exp_nonpositive(score);
    moments.sum += exponentials[i];
    moments.product += exponentials[i] * (score > kLeastScore ? score : kLeastScore);
  }
  return moments;
}

/// The greatest of what is a number, and whether anything is not.
struct Greatest {
  float value;
  bool has_nan;
};

[[gnu::always_inline]] inline Greatest greatest_lanes(std::span<const float> logits) {
  // `>` steps over what is not a number, so that is looked for beside it.
  float lane_greatest[2 * kLanes];
  std::int32_t lane_bad[2 * kLanes] = {};
  for (float& value : lane_greatest) value = -std::numeric_limits<float>::infinity();
  const std::size_t whole = logits.size() / (2 * kLanes) * (2 * kLanes);
  for (std::size_t i = 0; i < whole; i += 2 * kLanes)
    for (std::size_t lane = 0; lane < 2 * kLanes; ++lane) {
      const float x = logits[i + lane];
      lane_greatest[lane] = x > lane_greatest[lane] ? x : lane_greatest[lane];
      lane_bad[lane] |= x != x;
    }
  Greatest result{-std::numeric_limits<float>::infinity(), false};
  for (std::size_t lane = 0; lane < 2 * kLanes; ++lane) {
    result.value = lane_greatest[lane] > result.value ? lane_greatest[lane] : result.value;
    result.has_nan = result.has_nan || lane_bad[lane] != 0;
  }
  for (const float x : logits.subspan(whole)) {
    result.value = x > result.value ? x : result.value;
    result.has_nan = result.has_nan || x != x;
  }
  return result;
}

[[gnu::always_inline]] inline std::size_t first_place_lanes(std::span<const float> logits,
                                                            float value) {
  constexpr std::size_t kBlock = 256;
  for (std::size_t begin = 0; begin < logits.size(); begin += kBlock) {
    const std::size_t end = begin + kBlock < logits.size() ? begin + kBlock : logits.size();
    std::int32_t is_here = 0;
    for (std::size_t i = begin; i < end; ++i) is_here |= logits[i] == value;
    for (std::size_t i = begin; is_here != 0 && i < end; ++i)
      if (logits[i] == value) return i;
  }
  return logits.size();
}

#if defined(__x86_64__)
#if defined(__clang__)
#define TENON_TARGET_AVX512 "avx512f"
#else
#define TENON_TARGET_AVX512 "avx512f,prefer-vector-width=512"
#endif
// The same loops with wider vectors. The sum: 150, 70 and 33 us for 49,152 logits on a Zen 5 core.
#define TENON_WIDER(result, name, parameters, arguments)                   \
  [[gnu::target("avx2")]] result name##_avx2 parameters {                  \
    return name##_lanes arguments;                                         \
  }                                                                        \
  [[gnu::target(TENON_TARGET_AVX512)]] result name##_avx512 parameters {   \
    return name##_lanes arguments;                                         \
  }                                                                        \
  result name##_any parameters {                                           \
    if (__builtin_cpu_supports("avx512f")) return name##_avx512 arguments; \
    if (__builtin_cpu_supports("avx2")) return name##_avx2 arguments;      \
    return name##_lanes arguments;                                         \
  }
#else
#define TENON_WIDER(result, name, parameters, arguments) \
  result name##_any parameters {                         \
    return name##_lanes arguments;                       \
  }
#endif
TENON_WIDER(double, exp_sum, (std::span<const float> logits, double greatest, double scale),
            (logits, greatest, scale))
TENON_WIDER(ExpMoments, exp_moments,
            (std::span<const float> logits, double greatest, double scale,
             std::span<double> exponentials),
            (logits, greatest, scale, exponentials))
TENON_WIDER(Greatest, greatest, (std::span<const float> logits), (logits))
TENON_WIDER(std::size_t, first_place, (std::span<const float> logits, float value), (logits, value))
#undef TENON_WIDER

}  // namespace

float greatest_logit(std::span<const float> logits) {
  const Greatest greatest = greatest_any(logits);
  if (greatest.has_nan || std::isinf(greatest.value)) refuse_logits(logits);
  return greatest.value;
}

std::size_t first_of(std::span<const float> logits, float value) {
  return first_place_any(logits, value);
}

double exp_sum(std::span<const float> logits, float greatest, double temperature) {
  return exp_sum_any(logits, greatest, 1.0 / temperature);
}

ExpMoments exp_moments(std::span<const float> logits, float greatest, double temperature,
                       std::span<double> exponentials) {
  return exp_moments_any(logits, greatest, 1.0 / temperature, exponentials);
}

}  // namespace tenon::sampling
