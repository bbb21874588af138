#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "speculative/token_tree.h"

namespace tenon::speculative {

struct AcceptanceOptions {
  double prior_weight = 4.0;  // trials that a drafter's own confidence counts for
  double memory = 64.0;       // trials after which an observation has lost 63 % of its weight
};

/// How often the drafts of one drafter came true, by depth, rank and the drafter's confidence (in four
/// classes). An estimate leans on all depths together while a depth has few trials, and on the
/// confidence while those are few.
class AcceptanceTable {
 public:
  explicit AcceptanceTable(const AcceptanceOptions& options = {});

  /// The probability that the node's token is what follows, given its parent. In (0, 1).
  double estimate(const TreeNode& node) const;
  /// The same of the best guess at `depth`, whatever its confidence: for drafters that must be told how
  /// far to draft before they do.
  double estimate_first(std::int32_t depth) const;
  /// By node: the product of estimates from the root down, the probability that the node is accepted.
  std::vector<double> path_values(const TokenTree& tree) const;

  /// Compares a tree with `tokens`, what really followed the root: at every node on their way all
  /// children are tried, and the one with the next token came true. The tree need not have been
  /// verified.
  void observe(const TokenTree& tree, std::span<const std::int32_t> tokens);

  static constexpr std::int32_t kDepths = 32, kRanks = 8;  // the last of each counts for all beyond

 private:
  struct Tally {
    double tried = 0.0;
    double accepted = 0.0;
  };
  static constexpr std::int32_t kClasses = 4;
  static std::size_t cell(std::int32_t depth, const TreeNode& node);
  static std::size_t pooled(const TreeNode& node) { return cell(0, node); }
  double rate(const Tally& tally, double prior) const;
  void count(Tally& tally, bool is_accepted) const;

  AcceptanceOptions options_;
  double keep_;                         // of a tally at every trial
  std::vector<Tally> tallies_;          // [1 + depths, ranks, classes]; depth 0: all together
  std::array<Tally, kDepths> first_{};  // of rank 0
};

}  // namespace tenon::speculative
