#pragma once

#include <memory>
#include <vector>

#include "base/team.h"
#include "models/language/language_model.h"
#include "sampling/sampler_chain.h"
#include "speculative/drafters/drafter.h"

namespace tenon::speculative {

/// Whose noise a draft model draws with.
enum class DraftNoise {
  Shared,  // the target's, for the rule `coupled`: like distributions then draw like tokens
  Fresh,   // its own of every step, for rules that compare probabilities
};

struct DraftModelOptions {
  models::StateOptions state = {};
  DraftNoise noise = DraftNoise::Shared;
};

/// A second, smaller language model of the same tokenizer drafts: a chain of its draws under the same
/// samplers, and beside each of them up to children - 1 more draws without replacement, as leaves. At
/// temperature 0 the draws are its most probable tokens, listed.
///
/// Its state may hold drafted tokens that were refused; the next proposal goes back to what it has in
/// common with the text.
class DraftModel : public Drafter {
 public:
  /// `model` and `team` must outlive it. Throws Error(Input) unless the model has `target_vocab` tokens.
  DraftModel(models::LanguageModel& model, std::int64_t target_vocab, sampling::SamplerChain chain,
             Team& team, const DraftModelOptions& options = {});
  std::string_view name() const override { return "model"; }
  TokenTree propose(const ProposalRequest& request) override;
  void observe(const Observation&) override {}  // the text of the next request is all it needs

  std::int64_t rows_computed() const { return rows_computed_; }

 private:
  std::span<const float> logits_after(std::span<const std::int32_t> text);
  void add_children(TokenTree& tree, std::int32_t parent, std::span<const float> logits,
                    std::span<const std::int32_t> text, const ProposalRequest& request,
                    std::int32_t count) const;

  models::LanguageModel& model_;
  sampling::SamplerChain chain_;
  Team& team_;
  DraftModelOptions options_;
  std::unique_ptr<models::State> state_;
  std::vector<std::int32_t> held_;  // tokens of the state
  models::ForwardOutput output_;
  std::int64_t rows_computed_ = 0;
};

}  // namespace tenon::speculative
