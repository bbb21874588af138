#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/option_registry.h"

/// From logits to the next token. The distribution after the chain is the model's p; the draw is
/// argmax(log p + Gumbel noise of (seed, sequence, position, token)), so the text depends on model,
/// prompt, options and seed alone (DESIGN: one noise, one text).
namespace tenon::sampling {

struct SamplingOptions {
  double temperature = 0.0;           // 0: greedy, the most probable token
  std::int64_t top_k = 0;             // keep the k most probable; 0: all
  double typical_p = 1.0;             // locally typical (Meister et al. 2022); 1: off
  double top_p = 1.0;                 // nucleus (Holtzman et al. 2019); 1: off
  double min_p = 0.0;                 // keep p >= min_p * max p (Nguyen et al. 2024); 0: off
  double repeat_penalty = 1.0;        // logits of seen tokens: divided where positive, else multiplied
  double presence_penalty = 0.0;      // subtracted once from seen tokens
  double frequency_penalty = 0.0;     // subtracted per occurrence
  std::int64_t penalty_window = 64;   // last tokens the penalties look at; 0: all
  std::vector<std::pair<std::int32_t, double>> logit_bias;  // token, added to its logit
  std::uint64_t seed = 0;

  /// Throws Error(Usage) naming the option whose value is out of range or has no effect.
  void validate() const;
};

struct TokenProbability {
  std::int32_t token = 0;
  double log_probability = 0.0;
};

struct Draw {
  std::int32_t token = 0;
  double log_probability = 0.0;       // of the model's distribution before temperature and cuts
};

/// The chain in its fixed order: logit bias, penalties, temperature, top-k, typical-p, top-p, min-p, draw.
/// Stateless between calls: what it needs of the past comes in as `context`, so a drafted position is
/// treated exactly as a plain one.
class SamplerChain {
 public:
  explicit SamplerChain(SamplingOptions options);

  /// `context`: the tokens before this position (prompt and answer). `sequence` and `position` name the noise.
  Draw draw(std::span<const float> logits, std::span<const std::int32_t> context,
            std::uint64_t sequence, std::uint64_t position) const;
  /// The distribution that draw() draws from: probabilities by token id, [vocab].
  std::vector<double> distribution(std::span<const float> logits,
                                   std::span<const std::int32_t> context) const;
  /// "logit-bias → penalties(…) → temperature(0.8) → …": the active steps, for -v.
  std::string description() const;
  const SamplingOptions& options() const { return options_; }

 private:
  SamplingOptions options_;
};

/// The k most probable tokens of the unmodified distribution, most probable first, ties by id.
std::vector<TokenProbability> top_log_probabilities(std::span<const float> logits, int k);
/// log softmax(logits)[token], in double.
double log_probability(std::span<const float> logits, std::int32_t token);

}  // namespace tenon::sampling
