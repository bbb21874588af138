#include "scoring/model_comparison.h"

#include <vector>

#include "scoring/token_score.h"
#include "scoring/window_pass.h"

namespace tenon::scoring {

namespace {

struct PairScore {
  double reference_nats = 0.0, candidate_nats = 0.0;
  std::int32_t reference_best = 0, candidate_best = 0;
  double divergence = 0.0;
};

std::vector<PairScore> score_pairs(const WindowPass& reference, const WindowPass& candidate,
                                   const ScoredText& text, Team& team) {
  std::vector<PairScore> scores(static_cast<std::size_t>(reference.scored()));
  team.parallel_for(reference.scored(), 1, [&](Range rows) {
    for (std::int64_t i = rows.begin; i < rows.end; ++i) {
      const auto p = reference.logits(i), q = candidate.logits(i);
      const LogitSummary p_summary = summarize(p), q_summary = summarize(q);
      const std::int32_t token = text.tokens[static_cast<std::size_t>(reference.token(i))];
      scores[static_cast<std::size_t>(i)] = {.reference_nats = nats(p, p_summary, token),
                                             .candidate_nats = nats(q, q_summary, token),
                                             .reference_best = p_summary.best,
                                             .candidate_best = q_summary.best,
                                             .divergence = divergence(p, p_summary, q, q_summary)};
    }
  });
  return scores;
}

// What is added up over all positions.
class ComparisonSum {
 public:
  explicit ComparisonSum(const ScoredText& text) : text_(text) {}

  void add(std::int64_t position, const PairScore& score) {
    const auto at = static_cast<std::size_t>(position);
    const std::int32_t token = text_.tokens[at];
    const std::int64_t bytes = text_.bytes.empty() ? 0 : text_.bytes[at];
    reference_.add(score.reference_nats, score.reference_best == token, bytes);
    candidate_.add(score.candidate_nats, score.candidate_best == token, bytes);
    agreements_ += score.reference_best == score.candidate_best ? 1 : 0;
    divergence_ += score.divergence;
    if (tokens_ == 0 || score.divergence > result_.divergence_max) {
      result_.divergence_max = score.divergence;
      result_.divergence_max_position = position;
    }
    ++tokens_;
  }

  ModelComparison result() const {
    ModelComparison result = result_;
    result.reference = reference_.result(!text_.bytes.empty());
    result.candidate = candidate_.result(!text_.bytes.empty());
    result.top1_agreement = static_cast<double>(agreements_) / static_cast<double>(tokens_);
    result.divergence_mean = divergence_ / static_cast<double>(tokens_);
    return result;
  }

 private:
  const ScoredText& text_;
  PerplexitySum reference_, candidate_;
  std::int64_t tokens_ = 0, agreements_ = 0;
  double divergence_ = 0.0;
  ModelComparison result_;
};

}  // namespace

ModelComparison compare_models(models::LanguageModel& reference, models::LanguageModel& candidate,
                               const ScoredText& text, const PerplexityOptions& options,
                               DType reference_cache_type, Team& team,
                               const ScoringCallbacks& callbacks) {
  TENON_CHECK(text.bytes.empty() || text.bytes.size() == text.tokens.size());
  if (reference.info().vocab != candidate.info().vocab)
    throw Error(ErrorKind::Shape, "the models have vocabularies of " +
                                      std::to_string(reference.info().vocab) + " and " +
                                      std::to_string(candidate.info().vocab) + " tokens");
  const auto windows = plan_windows(static_cast<std::int64_t>(text.tokens.size()), options.windows);
  const std::int64_t total = windows.back().end - windows.front().score_begin;
  WindowPass reference_pass(reference, text.tokens, options.windows, reference_cache_type);
  WindowPass candidate_pass(candidate, text.tokens, options.windows, options.cache_type);
  ComparisonSum sum(text);
  std::int64_t done = 0;
  for (const ScoreWindow& window : windows) {
    reference_pass.start(window);
    candidate_pass.start(window);
    while (reference_pass.advance(team) && candidate_pass.advance(team)) {
      const auto scores = score_pairs(reference_pass, candidate_pass, text, team);
      for (std::size_t i = 0; i < scores.size(); ++i) {
        const std::int64_t position = reference_pass.token(static_cast<std::int64_t>(i));
        sum.add(position, scores[i]);
        const std::int32_t token = text.tokens[static_cast<std::size_t>(position)];
        if (callbacks.token)
          callbacks.token({.position = position,
                           .token = token,
                           .nats = scores[i].candidate_nats,
                           .is_best = scores[i].candidate_best == token});
      }
      done += reference_pass.scored();
      if (callbacks.progress) callbacks.progress(done, total);
    }
  }
  return sum.result();
}

}  // namespace tenon::scoring
