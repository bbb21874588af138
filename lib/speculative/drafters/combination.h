#pragma once

#include <memory>
#include <vector>

#include "speculative/acceptance_table.h"
#include "speculative/draft_length.h"
#include "speculative/drafters/drafter.h"

namespace tenon::speculative {

/// Several drafters, of which the one of best expected gain wins each step: most tokens a second by its
/// own measured acceptance and the cost of passes. The acceptance of those that lost is measured too,
/// by what the text became, so none is forgotten. Equal ones go by their order.
class Combination : public Drafter {
 public:
  Combination(std::vector<std::unique_ptr<Drafter>> drafters, DraftLength length);
  std::string_view name() const override { return "combination"; }
  /// The winner's tree; confidences are measured estimates.
  TokenTree propose(const ProposalRequest& request) override;
  void observe(const Observation& observation) override;
  /// The name of the last winner; empty where all trees were empty.
  std::string_view winner() const { return winner_; }

 private:
  struct Member {
    std::unique_ptr<Drafter> drafter;
    AcceptanceTable acceptance;
    TokenTree proposal;
  };
  std::vector<Member> members_;
  DraftLength length_;
  std::string_view winner_;
};

}  // namespace tenon::speculative
