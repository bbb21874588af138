#include "speculative/drafters/combination.h"

#include <utility>

#include "base/error.h"

namespace tenon::speculative {

Combination::Combination(std::vector<std::unique_ptr<Drafter>> drafters, DraftLength length)
    : length_(std::move(length)) {
  TENON_CHECK(!drafters.empty());
  for (auto& drafter : drafters)
    members_.push_back({std::move(drafter), AcceptanceTable(), TokenTree()});
}

TokenTree Combination::propose(const ProposalRequest& request) {
  const Member* best = nullptr;
  double best_rate = 0.0;
  for (Member& member : members_) {
    member.proposal = member.drafter->propose(request);
    if (member.proposal.is_empty()) continue;
    const double rate =
        length_.best(member.proposal, member.acceptance.path_values(member.proposal))
            .tokens_per_second();
    if (best != nullptr && rate <= best_rate) continue;
    best = &member;
    best_rate = rate;
  }
  winner_ = best == nullptr ? std::string_view() : best->drafter->name();
  if (best == nullptr) return {};
  TokenTree tree = best->proposal;
  for (std::int32_t node = 0; node < tree.size(); ++node)
    tree.set_confidence(node, best->acceptance.estimate(best->proposal.node(node)));
  return tree;
}

void Combination::observe(const Observation& observation) {
  for (Member& member : members_) {
    if (!member.proposal.is_empty())
      member.acceptance.observe(member.proposal, observation.text.last(observation.appended));
    member.proposal = TokenTree();
    member.drafter->observe(observation);
  }
}

}  // namespace tenon::speculative
