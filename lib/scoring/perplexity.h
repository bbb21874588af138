#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "base/team.h"
#include "models/language/language_model.h"
#include "scoring/score_windows.h"

/// How well a model predicts a text (Jelinek, Mercer, Bahl and Baker 1977): every token is
/// predicted from the true tokens before it.
namespace tenon::scoring {

struct PerplexityOptions {
  WindowOptions windows = {};
  DType cache_type = DType::F16;  // of the keys and values a window remembers
};

struct ScoredText {
  std::span<const std::int32_t> tokens;
  /// Bytes that each token stands for, as long as `tokens`; empty: bits a byte are not computed.
  std::span<const std::int32_t> bytes = {};
};

/// One scored token, for callbacks.
struct TokenScore {
  std::int64_t position = 0;  // in the text
  std::int32_t token = 0;
  double nats = 0.0;     // -log p(token | tokens before it in its window)
  bool is_best = false;  // it was the most probable one
};

struct ScoringCallbacks {
  std::function<void(const TokenScore&)> token = {};  // in the order of the text
  std::function<void(std::int64_t done, std::int64_t total)> progress = {};  // tokens scored
};

struct Perplexity {
  std::int64_t tokens = 0;  // scored
  double nats = 0.0;        // sum
  double nats_per_token = 0.0;
  /// Of nats_per_token: sqrt(variance of the tokens' nats / tokens), as if tokens were independent.
  /// They are not, so the true error is larger. 0 for one token.
  double standard_error = 0.0;
  double top1_accuracy = 0.0;  // share of tokens that were the most probable one
  std::int64_t bytes = 0;      // of the scored tokens
  std::optional<double> bits_per_byte = std::nullopt;

  /// exp(nats_per_token).
  double perplexity() const;
};

/// Throws what plan_windows and the model throw, and Error(Input) for logits that are not numbers.
/// A callback may throw to stop.
Perplexity score_perplexity(models::LanguageModel& model, const ScoredText& text,
                            const PerplexityOptions& options, Team& team,
                            const ScoringCallbacks& callbacks = {});

/// Adds tokens up to a Perplexity.
class PerplexitySum {
 public:
  void add(double nats, bool is_best, std::int64_t bytes);
  /// `has_bytes`: bits a byte are wanted.
  Perplexity result(bool has_bytes) const;

 private:
  std::int64_t tokens_ = 0;
  std::int64_t best_ = 0;
  std::int64_t bytes_ = 0;
  double sum_ = 0.0;
  double mean_ = 0.0;  // Welford 1962: running mean and squared distance from it
  double squares_ = 0.0;
};

}  // namespace tenon::scoring
