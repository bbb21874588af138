#pragma once

#include <cstring>
#include <span>
#include <vector>

#include "models/language/language_model.h"

/// Ways to compute logits, for tests that compare them.
namespace tenon::test {

using Logits = std::vector<float>;  // of one row

inline std::vector<const kernels::Kernels*> available_kernels() {
  std::vector<const kernels::Kernels*> result;
  for (const auto& provider : kernels::providers())
    if (provider.is_available) result.push_back(&kernels::select_kernels(provider.name));
  return result;
}

/// The rows that wanted logits; their positions stay pending.
inline std::vector<Logits> forward_rows(models::LanguageModel& model, const models::Batch& batch,
                                        std::span<models::State* const> states, Team& team) {
  models::ForwardOutput output;
  model.forward(batch, states, team, output);
  std::vector<Logits> rows;
  for (std::int64_t i = 0; i < output.logit_rows; ++i) {
    const auto row = output.logits_row(i);
    rows.emplace_back(row.begin(), row.end());
  }
  return rows;
}

inline std::vector<Logits> forward_rows(models::LanguageModel& model, const models::Batch& batch,
                                        models::State& state, Team& team) {
  models::State* const states[] = {&state};
  return forward_rows(model, batch, states, team);
}

/// Feeds `tokens` in chains of `rows` rows, committing each; logits of every token.
inline std::vector<Logits> feed(models::LanguageModel& model, models::State& state,
                                std::span<const std::int32_t> tokens, std::size_t rows,
                                Team& team) {
  std::vector<Logits> logits;
  while (!tokens.empty()) {
    const std::size_t count = std::min(rows, tokens.size());
    models::Batch batch;
    models::append_chain(batch, 0, tokens.first(count), true);
    for (Logits& row : forward_rows(model, batch, state, team)) logits.push_back(std::move(row));
    state.commit_all();
    tokens = tokens.subspan(count);
  }
  return logits;
}

/// The plain way: one token a pass, one thread.
inline std::vector<Logits> one_by_one(models::LanguageModel& model,
                                      const models::StateOptions& options,
                                      std::span<const std::int32_t> tokens) {
  Team alone(1);
  const auto state = model.make_state(options);
  return feed(model, *state, tokens, 1, alone);
}

inline bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

inline bool same_bits(std::span<const Logits> a, std::span<const Logits> b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!same_bits(std::span<const float>(a[i]), std::span<const float>(b[i]))) return false;
  return true;
}

}  // namespace tenon::test
