#include "sampling/sampler_chain.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/random.h"
#include "sampling/candidates.h"
#include "sampling/draw.h"
#include "sampling/logit_bias.h"
#include "sampling/min_p.h"
#include "sampling/penalties.h"
#include "sampling/softmax.h"
#include "sampling/temperature.h"
#include "sampling/top_k.h"
#include "sampling/top_p.h"
#include "sampling/typical_p.h"

namespace tenon::sampling {

namespace {

constexpr double kNoFloor = -std::numeric_limits<double>::infinity();

bool cuts(const SamplingOptions& options, std::size_t vocab) {
  const bool has_top_k = options.top_k > 0 && static_cast<std::size_t>(options.top_k) < vocab;
  return has_top_k || options.typical_p < 1.0 || options.top_p < 1.0 || options.min_p > 0.0;
}

/// The first cut; it sees the whole vocabulary, and the later ones what it leaves.
Candidates survivors(const SamplingOptions& options, const TemperedLogits& logits) {
  Candidates candidates;
  bool has_typical = false, has_nucleus = false;
  if (options.top_k > 0 && static_cast<std::size_t>(options.top_k) < logits.logits.size()) {
    candidates = keep_top_k(logits, options.top_k);
  } else if (options.typical_p < 1.0) {
    candidates = typical_of(logits, options.typical_p);
    has_typical = true;
  } else if (options.top_p < 1.0) {
    candidates = nucleus_of(logits, options.top_p);
    has_nucleus = true;
  } else {
    // min-p compares with the most probable token, of score 0, and needs no mass.
    candidates = candidates_from(logits, std::log(options.min_p), 0.0);
  }
  if (options.typical_p < 1.0 && !has_typical) keep_typical(candidates, options.typical_p);
  if (options.top_p < 1.0 && !has_nucleus) keep_nucleus(candidates, options.top_p);
  if (options.min_p > 0.0) keep_min_p(candidates, options.min_p);
  return candidates;
}

std::string number(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

}  // namespace

SamplerChain::SamplerChain(SamplingOptions options) : options_(std::move(options)) {
  options_.validate();
}

std::span<const float> SamplerChain::adjusted(std::span<const float> logits,
                                              std::span<const std::int32_t> context,
                                              std::vector<float>& storage) const {
  if (options_.logit_bias.empty() && !options_.has_penalties()) return logits;
  storage.assign(logits.begin(), logits.end());
  add_logit_bias(options_.logit_bias, storage);
  if (options_.has_penalties())
    apply_penalties({.repeat = options_.repeat_penalty,
                     .presence = options_.presence_penalty,
                     .frequency = options_.frequency_penalty,
                     .window = options_.penalty_window},
                    context, storage);
  return storage;
}

std::int32_t SamplerChain::draw(std::span<const float> logits,
                                std::span<const std::int32_t> context, std::uint64_t sequence,
                                std::uint64_t position) const {
  std::vector<float> storage;
  const std::span<const float> changed = adjusted(logits, context, storage);
  if (options_.temperature == 0.0) return most_probable(changed);
  const RandomStream noise(options_.seed, "gumbel", sequence, position);
  const TemperedLogits tempered = apply_temperature(changed, options_.temperature);
  if (!cuts(options_, logits.size())) return sampling::draw(tempered, noise);
  return sampling::draw(survivors(options_, tempered), tempered, noise);
}

std::vector<double> SamplerChain::distribution(std::span<const float> logits,
                                               std::span<const std::int32_t> context) const {
  std::vector<float> storage;
  const std::span<const float> changed = adjusted(logits, context, storage);
  std::vector<double> probabilities(logits.size(), 0.0);
  if (options_.temperature == 0.0) {
    probabilities[static_cast<std::size_t>(most_probable(changed))] = 1.0;
    return probabilities;
  }
  const TemperedLogits tempered = apply_temperature(changed, options_.temperature);
  const Candidates candidates = cuts(options_, logits.size())
                                    ? survivors(options_, tempered)
                                    : candidates_from(tempered, kNoFloor, 0.0);
  const double mass = mass_of(candidates.items);
  for (const Candidate& item : candidates.items)
    probabilities[static_cast<std::size_t>(item.token)] = std::exp(item.score) / mass;
  return probabilities;
}

std::string SamplerChain::description() const {
  std::string text;
  const auto step = [&](std::string_view name, const std::string& setting) {
    if (!text.empty()) text += " → ";
    text += name;
    if (!setting.empty()) text += "(" + setting + ")";
  };
  if (!options_.logit_bias.empty())
    step("logit-bias", std::to_string(options_.logit_bias.size()) +
                           (options_.logit_bias.size() == 1 ? " token" : " tokens"));
  if (options_.has_penalties()) {
    std::string setting;
    if (options_.repeat_penalty != 1.0)
      setting += "repeat " + number(options_.repeat_penalty) + ", ";
    if (options_.presence_penalty != 0.0)
      setting += "presence " + number(options_.presence_penalty) + ", ";
    if (options_.frequency_penalty != 0.0)
      setting += "frequency " + number(options_.frequency_penalty) + ", ";
    setting += options_.penalty_window == 0 ? "all tokens"
                                            : "last " + std::to_string(options_.penalty_window);
    step("penalties", setting);
  }
  if (options_.temperature == 0.0) {
    step("greedy", "");
    return text;
  }
  step("temperature", number(options_.temperature));
  if (options_.top_k > 0) step("top-k", std::to_string(options_.top_k));
  if (options_.typical_p < 1.0) step("typical-p", number(options_.typical_p));
  if (options_.top_p < 1.0) step("top-p", number(options_.top_p));
  if (options_.min_p > 0.0) step("min-p", number(options_.min_p));
  step("draw", "seed " + std::to_string(options_.seed));
  return text;
}

std::vector<TokenProbability> top_log_probabilities(std::span<const float> logits, std::int64_t k) {
  const TemperedLogits tempered = apply_temperature(logits, 1.0);
  const double log_mass = std::log(exp_sum(logits, tempered.greatest));
  std::vector<TokenProbability> result;
  if (k <= 0) return result;
  for (const Candidate& item : keep_top_k(tempered, k).items)
    result.push_back({item.token, item.score - log_mass});
  return result;
}

double log_probability(std::span<const float> logits, std::int32_t token) {
  TENON_CHECK(token >= 0 && static_cast<std::size_t>(token) < logits.size());
  const TemperedLogits tempered = apply_temperature(logits, 1.0);
  return tempered.score_of(token) - std::log(exp_sum(logits, tempered.greatest));
}

}  // namespace tenon::sampling
