#pragma once

#include <cstdint>

#include "scoring/perplexity.h"

namespace tenon::scoring {

/// Two ways of computing over the same text and windows: exact and fast, a model and its
/// quantisation.
struct ModelComparison {
  Perplexity reference;
  Perplexity candidate;
  /// Share of positions where both hold the same token for the most probable.
  double top1_agreement = 0.0;
  /// Kullback-Leibler divergence of the candidate's distribution from the reference's, sum of p
  /// log(p / q), in nats: over the scored positions.
  double divergence_mean = 0.0;
  double divergence_max = 0.0;
  std::int64_t divergence_max_position = 0;  // in the text; of equals the first
};

/// Both models read every window side by side; their vocabularies must be of one size.
/// `callbacks.token` is called with the candidate's scores. Throws as score_perplexity,
/// Error(Shape) for vocabularies that differ.
ModelComparison compare_models(models::LanguageModel& reference, models::LanguageModel& candidate,
                               const ScoredText& text, const PerplexityOptions& options,
                               DType reference_cache_type, Team& team,
                               const ScoringCallbacks& callbacks = {});

}  // namespace tenon::scoring
