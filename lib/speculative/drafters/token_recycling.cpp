#include "speculative/drafters/token_recycling.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "sampling/temperature.h"
#include "sampling/top_k.h"
#include "speculative/drafters/best_first.h"

namespace tenon::speculative {

TokenRecycling::TokenRecycling(std::int64_t vocab, const TokenRecyclingOptions& options)
    : options_(options) {
  TENON_CHECK(vocab > 0 && options.candidates > 0);
  options_.candidates =
      static_cast<std::int32_t>(std::min<std::int64_t>(vocab, options.candidates));
  matrix_.resize(static_cast<std::size_t>(vocab) * static_cast<std::size_t>(options_.candidates));
}

std::span<TokenRecycling::Successor> TokenRecycling::successors(std::int32_t token) {
  const auto count = static_cast<std::size_t>(options_.candidates);
  const std::size_t begin = static_cast<std::size_t>(token) * count;
  TENON_CHECK(token >= 0 && begin < matrix_.size());
  return std::span(matrix_).subspan(begin, count);
}

void TokenRecycling::remember(std::int32_t token, std::span<const float> logits) {
  // Probabilities among the candidates only: a sum over the vocabulary would cost more than the rest.
  const sampling::Candidates best =
      sampling::keep_top_k(sampling::apply_temperature(logits, 1.0), options_.candidates);
  const std::span<Successor> row = successors(token);
  std::fill(row.begin(), row.end(), Successor{});
  for (std::size_t i = 0; i < best.items.size(); ++i)
    row[i] = {best.items[i].token, static_cast<float>(std::exp(best.items[i].score) / best.mass)};
}

TokenTree TokenRecycling::propose(const ProposalRequest& request) {
  return grow_best_first(request.text.back(), request.limits, options_.least_path,
                         [this](std::int32_t token) {
                           std::vector<Continuation<std::int32_t>> result;
                           for (const Successor& next : successors(token)) {
                             if (next.token < 0) break;
                             result.push_back({next.token, next.probability, next.token});
                           }
                           return result;
                         });
}

void TokenRecycling::observe(const Observation& observation) {
  if (observation.logits.empty()) return;
  const std::int32_t nodes = observation.tree == nullptr ? 0 : observation.tree->size();
  const std::size_t vocab = observation.logits.size() / (static_cast<std::size_t>(nodes) + 1);
  if (observation.text.size() > observation.appended)
    remember(observation.root(), observation.logits.first(vocab));
  for (std::int32_t node = 0; node < nodes; ++node)
    remember(observation.tree->node(node).token,
             observation.logits.subspan((static_cast<std::size_t>(node) + 1) * vocab, vocab));
}

}  // namespace tenon::speculative
