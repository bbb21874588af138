#pragma once

#include <cstdint>
#include <span>

namespace tenon::scoring {

/// What the logits of one position say, in double: p = exp(logit - log_sum).
struct LogitSummary {
  double log_sum = 0.0;   // log of the sum of exp(logit)
  std::int32_t best = 0;  // the most probable token; of equals the lowest
};

/// Throws Error(Input) where a logit is not a number.
LogitSummary summarize(std::span<const float> logits);

/// -log p(token) in nats.
double nats(std::span<const float> logits, const LogitSummary& summary, std::int32_t token);

/// Kullback-Leibler divergence of p (reference) from q (candidate) in nats: sum of p (log p - log
/// q), never below 0 but for rounding.
double divergence(std::span<const float> reference, const LogitSummary& reference_summary,
                  std::span<const float> candidate, const LogitSummary& candidate_summary);

}  // namespace tenon::scoring
