#include "speculative/drafters/draft_model.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "speculative/drafters/draw_children.h"

namespace tenon::speculative {

namespace {

// Before anything was measured; by rank alone, as a draw's confidence must be.
constexpr double kFirstConfidence = 0.7, kOtherConfidence = 0.1;

}  // namespace

DraftModel::DraftModel(models::LanguageModel& model, std::int64_t target_vocab,
                       sampling::SamplerChain chain, Team& team, const DraftModelOptions& options)
    : model_(model),
      chain_(std::move(chain)),
      team_(team),
      options_(options),
      state_(model.make_state(options.state)) {
  if (model.info().vocab != target_vocab)
    throw Error(ErrorKind::Input, "the draft model has a vocabulary of " +
                                      std::to_string(model.info().vocab) +
                                      " tokens, the target one of " + std::to_string(target_vocab))
        .hint("draft with a model of the same tokenizer");
}

std::span<const float> DraftModel::logits_after(std::span<const std::int32_t> text) {
  const auto differs = std::mismatch(held_.begin(), held_.end(), text.begin(), text.end()).first;
  // The last token is computed again where it is held: its logits are gone.
  const auto common = std::min(static_cast<std::size_t>(differs - held_.begin()), text.size() - 1);
  if (common < held_.size()) state_->truncate(static_cast<std::int32_t>(common));
  models::Batch batch;
  models::append_chain(batch, 0, text.subspan(common));
  models::State* const states[] = {state_.get()};
  model_.forward(batch, states, team_, output_);
  state_->commit_all();
  held_.assign(text.begin(), text.end());
  rows_computed_ += static_cast<std::int64_t>(batch.size());
  return output_.logits_row(0);
}

void DraftModel::add_children(TokenTree& tree, std::int32_t parent, std::span<const float> logits,
                              std::span<const std::int32_t> text, const ProposalRequest& request,
                              std::int32_t count) const {
  const std::uint64_t seed = chain_.options().seed;
  if (chain_.options().temperature == 0.0) {
    tree.add(parent, chain_.draw(logits, text, request.sequence, text.size()), kFirstConfidence);
    // The first may not be the most probable: bias and penalties act on it alone.
    for (const auto& other : sampling::top_log_probabilities(logits, count))
      if (static_cast<std::int32_t>(tree.children(parent).size()) < count)
        tree.add(parent, other.token, kOtherConfidence);
    return;
  }
  const RandomStream noise = options_.noise == DraftNoise::Shared
                                 ? RandomStream(seed, "gumbel", request.sequence, text.size())
                                 : draft_noise(seed, request.sequence, request.text.size(), parent);
  draw_children(tree, parent, chain_.distribution(logits, text), noise, count, kOtherConfidence);
  tree.set_confidence(tree.children(parent).front(), kFirstConfidence);
}

TokenTree DraftModel::propose(const ProposalRequest& request) {
  TokenTree tree;
  std::vector<std::int32_t> text(request.text.begin(), request.text.end());
  std::int32_t parent = TokenTree::kRoot;
  for (std::int32_t depth = 0; depth < request.limits.depth; ++depth) {
    const std::int32_t count =
        std::min(request.limits.children, request.limits.nodes - tree.size());
    if (count < 1 || static_cast<std::int32_t>(text.size()) > state_->capacity()) break;
    add_children(tree, parent, logits_after(text), text, request, count);
    parent = tree.children(parent).front();
    text.push_back(tree.node(parent).token);
  }
  return tree;
}

}  // namespace tenon::speculative
