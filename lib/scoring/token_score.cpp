#include "scoring/token_score.h"

#include <cmath>

#include "base/error.h"

namespace tenon::scoring {

LogitSummary summarize(std::span<const float> logits) {
  LogitSummary summary;
  for (std::size_t i = 1; i < logits.size(); ++i)
    if (logits[i] > logits[static_cast<std::size_t>(summary.best)])
      summary.best = static_cast<std::int32_t>(i);
  const double largest = logits[static_cast<std::size_t>(summary.best)];
  double sum = 0.0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - largest);
  summary.log_sum = largest + std::log(sum);
  if (!std::isfinite(summary.log_sum))
    throw Error(ErrorKind::Input, "the model gives logits that are not numbers");
  return summary;
}

double nats(std::span<const float> logits, const LogitSummary& summary, std::int32_t token) {
  return summary.log_sum - static_cast<double>(logits[static_cast<std::size_t>(token)]);
}

double divergence(std::span<const float> reference, const LogitSummary& reference_summary,
                  std::span<const float> candidate, const LogitSummary& candidate_summary) {
  TENON_CHECK(reference.size() == candidate.size());
  double sum = 0.0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const double log_p = static_cast<double>(reference[i]) - reference_summary.log_sum;
    const double log_q = static_cast<double>(candidate[i]) - candidate_summary.log_sum;
    const double p = std::exp(log_p);
    if (p > 0.0) sum += p * (log_p - log_q);  // also where a token is ruled out: -inf
  }
  return sum;
}

}  // namespace tenon::scoring
