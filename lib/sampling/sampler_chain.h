#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// From logits to the next token. The distribution after the chain is the model's p; the draw is
/// argmax(log p + Gumbel noise of (seed, sequence, position, token)), so the text depends on model,
/// prompt, options and seed alone (DESIGN: one noise, one text).
namespace tenon::sampling {

struct SamplingOptions {
  double temperature = 0.0;        // 0: greedy, the most probable token
  std::int64_t top_k = 0;          // keep the k most probable; 0: all
  double typical_p = 1.0;          // locally typical (Meister et al. 2022); 1: off
  double top_p = 1.0;              // nucleus (Holtzman et al. 2019); 1: off
  double min_p = 0.0;              // keep p >= min_p * max p (Nguyen et al. 2024); 0: off
  double repeat_penalty = 1.0;     // logits of seen tokens: divided where positive, else multiplied
  double presence_penalty = 0.0;   // subtracted once from seen tokens
  double frequency_penalty = 0.0;  // subtracted per occurrence
  std::int64_t penalty_window = 64;  // last tokens the penalties look at; 0: all
  std::vector<std::pair<std::int32_t, double>>
      logit_bias;  // token, added to its logit; -inf bans it
  std::uint64_t seed = 0;

  /// How messages name an option: "--top-p" of a command line or "top_p" of a record.
  enum class Naming { Flags, Keys };
  /// Throws Error(Usage) naming the option whose value is out of range or has no effect: a cut at
  /// temperature 0, a window without a penalty.
  void validate(Naming naming = Naming::Flags) const;

  bool has_penalties() const {
    return repeat_penalty != 1.0 || presence_penalty != 0.0 || frequency_penalty != 0.0;
  }
};

struct TokenProbability {
  std::int32_t token = 0;
  double log_probability = 0.0;
};

/// The chain in its fixed order: logit bias, penalties, temperature, top-k, typical-p, top-p,
/// min-p, draw. Stateless between calls: what it needs of the past comes in as `context`, so a
/// drafted position is treated exactly as a plain one.
///
/// Logits are [vocab] float32, -infinity for a token that cannot come; bias and penalties are added
/// in double and rounded back to float32. Scores and probabilities are double. Equal scores go by
/// token id, the lower first. Throws Error(Input) where a logit is not a number or none is finite,
/// and Error(Usage) for a bias on a token outside the vocabulary.
class SamplerChain {
 public:
  /// Validates the ranges of `options`.
  explicit SamplerChain(SamplingOptions options);

  /// The next token. `context`: the tokens before this position (prompt and answer). `sequence` and
  /// `position` name the noise.
  std::int32_t draw(std::span<const float> logits, std::span<const std::int32_t> context,
                    std::uint64_t sequence, std::uint64_t position) const;
  /// The distribution that draw() draws from: probabilities by token id, [vocab].
  std::vector<double> distribution(std::span<const float> logits,
                                   std::span<const std::int32_t> context) const;
  /// "logit-bias(2 tokens) → penalties(repeat 1.1, last 64) → temperature(0.8) → draw(seed 0)": the
  /// active steps in their order, for -v.
  std::string description() const;
  const SamplingOptions& options() const { return options_; }

 private:
  std::span<const float> adjusted(std::span<const float> logits,
                                  std::span<const std::int32_t> context,
                                  std::vector<float>& storage) const;

  SamplingOptions options_;
};

/// The k most probable tokens of the unmodified distribution, most probable first, ties by id.
std::vector<TokenProbability> top_log_probabilities(std::span<const float> logits, std::int64_t k);
/// log softmax(logits)[token], in double.
double log_probability(std::span<const float> logits, std::int32_t token);

}  // namespace tenon::sampling
