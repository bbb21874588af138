#include "scoring/perplexity.h"

#include <cmath>
#include <vector>

#include "scoring/token_score.h"
#include "scoring/window_pass.h"

namespace tenon::scoring {

double Perplexity::perplexity() const {
  return std::exp(nats_per_token);
}

void PerplexitySum::add(double nats, bool is_best, std::int64_t bytes) {
  ++tokens_;
  best_ += is_best ? 1 : 0;
  bytes_ += bytes;
  sum_ += nats;
  const double distance = nats - mean_;
  mean_ += distance / static_cast<double>(tokens_);
  squares_ += distance * (nats - mean_);
}

Perplexity PerplexitySum::result(bool has_bytes) const {
  Perplexity result;
  if (tokens_ == 0) return result;
  const auto count = static_cast<double>(tokens_);
  result.tokens = tokens_;
  result.nats = sum_;
  result.nats_per_token = sum_ / count;
  if (tokens_ > 1) result.standard_error = std::sqrt(squares_ / (count - 1.0) / count);
  result.top1_accuracy = static_cast<double>(best_) / count;
  result.bytes = bytes_;
  if (has_bytes && bytes_ > 0)
    result.bits_per_byte = sum_ / std::log(2.0) / static_cast<double>(bytes_);
  return result;
}

namespace {

// The scores of what a pass has just computed, a row a worker.
std::vector<TokenScore> score_rows(const WindowPass& pass, const ScoredText& text, Team& team) {
  std::vector<TokenScore> scores(static_cast<std::size_t>(pass.scored()));
  team.parallel_for(pass.scored(), 1, [&](Range rows) {
    for (std::int64_t i = rows.begin; i < rows.end; ++i) {
      TokenScore& score = scores[static_cast<std::size_t>(i)];
      score.position = pass.token(i);
      score.token = text.tokens[static_cast<std::size_t>(score.position)];
      const LogitSummary summary = summarize(pass.logits(i));
      score.nats = nats(pass.logits(i), summary, score.token);
      score.is_best = summary.best == score.token;
    }
  });
  return scores;
}

}  // namespace

Perplexity score_perplexity(models::LanguageModel& model, const ScoredText& text,
                            const PerplexityOptions& options, Team& team,
                            const ScoringCallbacks& callbacks) {
  TENON_CHECK(text.bytes.empty() || text.bytes.size() == text.tokens.size());
  const auto windows = plan_windows(static_cast<std::int64_t>(text.tokens.size()), options.windows);
  const std::int64_t total = windows.back().end - windows.front().score_begin;
  WindowPass pass(model, text.tokens, options.windows, options.cache_type);
  PerplexitySum sum;
  std::int64_t done = 0;
  for (const ScoreWindow& window : windows) {
    pass.start(window);
    while (pass.advance(team)) {
      for (const TokenScore& score : score_rows(pass, text, team)) {
        const auto at = static_cast<std::size_t>(score.position);
        sum.add(score.nats, score.is_best, text.bytes.empty() ? 0 : text.bytes[at]);
        if (callbacks.token) callbacks.token(score);
      }
      done += pass.scored();
      if (callbacks.progress) callbacks.progress(done, total);
    }
  }
  return sum.result(!text.bytes.empty());
}

}  // namespace tenon::scoring
