#include "attention/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "base/error.h"

namespace tenon::attention {

namespace {

void check_positive(double value, const char* name) {
  if (!(value > 0.0) || !std::isfinite(value))
    throw Error(ErrorKind::Input,
                std::string(name) + " is " + std::to_string(value) + ", it must be positive");
}

void check(const RopeConfig& config, std::span<const float> divisors) {
  if (config.dimensions < 0 || config.dimensions % 2 != 0)
    throw Error(ErrorKind::Input, "rope turns pairs, " + std::to_string(config.dimensions) +
                                      " dimensions cannot be paired");
  check_positive(config.base, "the rope base");
  check_positive(config.factor, "the rope scaling factor");
  check_positive(config.attention_factor, "the rope attention factor");
  if (config.scaling == RopeConfig::Scaling::Yarn) {
    check_positive(config.yarn_beta_fast, "the yarn beta_fast");
    check_positive(config.yarn_beta_slow, "the yarn beta_slow");
    if (config.original_context <= 0)
      throw Error(ErrorKind::Input, "yarn needs the context the model was first trained for");
  }
  if (divisors.empty()) return;
  if (static_cast<std::int64_t>(divisors.size()) != config.dimensions / 2)
    throw Error(ErrorKind::Input, "rope has " + std::to_string(config.dimensions / 2) +
                                      " frequencies, but " + std::to_string(divisors.size()) +
                                      " divisors");
  for (const float divisor : divisors) check_positive(divisor, "a rope frequency divisor");
}

// Where a pair makes `rotations` turns within the original context (Peng et al. 2023, section 3.2).
double dimension_of(double rotations, const RopeConfig& config) {
  return static_cast<double>(config.dimensions) *
         std::log(static_cast<double>(config.original_context) /
                  (rotations * 2 * std::numbers::pi)) /
         (2 * std::log(config.base));
}

// 0: the pair turns often enough to be left as it is; 1: divided by the factor; a ramp between.
std::vector<double> yarn_ramp(const RopeConfig& config) {
  const double low = std::max(std::floor(dimension_of(config.yarn_beta_fast, config)), 0.0);
  const double high = std::min(std::ceil(dimension_of(config.yarn_beta_slow, config)),
                               static_cast<double>(config.dimensions - 1));
  const double width = std::max(high - low, 0.001);
  std::vector<double> ramp(static_cast<std::size_t>(config.dimensions / 2));
  for (std::size_t i = 0; i < ramp.size(); ++i)
    ramp[i] = std::clamp((static_cast<double>(i) - low) / width, 0.0, 1.0);
  return ramp;
}

}  // namespace

RotaryEmbedding::RotaryEmbedding(const RopeConfig& config, std::span<const float> divisors)
    : pairing_(config.pairing), magnitude_(config.attention_factor) {
  check(config, divisors);
  frequencies_.resize(static_cast<std::size_t>(config.dimensions / 2));
  for (std::size_t i = 0; i < frequencies_.size(); ++i) {
    frequencies_[i] = std::pow(
        config.base, -2.0 * static_cast<double>(i) / static_cast<double>(config.dimensions));
    if (!divisors.empty()) frequencies_[i] /= static_cast<double>(divisors[i]);
  }
  if (config.scaling == RopeConfig::Scaling::Linear)
    for (double& frequency : frequencies_) frequency /= config.factor;
  if (config.scaling == RopeConfig::Scaling::Yarn) {
    const std::vector<double> ramp = yarn_ramp(config);
    for (std::size_t i = 0; i < frequencies_.size(); ++i)
      frequencies_[i] *= (1.0 - ramp[i]) + ramp[i] / config.factor;
    if (config.factor > 1.0) magnitude_ *= 0.1 * std::log(config.factor) + 1.0;
  }
}

void RotaryEmbedding::fill_table(std::int64_t position, std::span<float> table) const {
  TENON_CHECK(static_cast<std::int64_t>(table.size()) == dimensions());
  const std::size_t pairs = frequencies_.size();
  for (std::size_t i = 0; i < pairs; ++i) {
    const double angle = static_cast<double>(position) * frequencies_[i];
    table[i] = static_cast<float>(std::cos(angle) * magnitude_);
    table[pairs + i] = static_cast<float>(std::sin(angle) * magnitude_);
  }
}

namespace {

void rotate_interleaved(const float* __restrict cosines, const float* __restrict sines,
                        std::size_t pairs, float* __restrict head) {
  for (std::size_t i = 0; i < pairs; ++i) {
    const float x = head[2 * i], y = head[2 * i + 1];
    head[2 * i] = x * cosines[i] - y * sines[i];
    head[2 * i + 1] = x * sines[i] + y * cosines[i];
  }
}

void rotate_halves(const float* __restrict cosines, const float* __restrict sines,
                   std::size_t pairs, float* __restrict head) {
  for (std::size_t i = 0; i < pairs; ++i) {
    const float x = head[i], y = head[pairs + i];
    head[i] = x * cosines[i] - y * sines[i];
    head[pairs + i] = x * sines[i] + y * cosines[i];
  }
}

}  // namespace

void RotaryEmbedding::rotate(std::span<const float> table, std::int64_t heads,
                             std::int64_t head_dim, float* values) const {
  const std::size_t pairs = frequencies_.size();
  const float* cosines = table.data();
  const float* sines = cosines + pairs;
  for (std::int64_t head = 0; head < heads; ++head, values += head_dim) {
    if (pairing_ == RopeConfig::Pairing::Interleaved)
      rotate_interleaved(cosines, sines, pairs, values);
    else
      rotate_halves(cosines, sines, pairs, values);
  }
}

}  // namespace tenon::attention
