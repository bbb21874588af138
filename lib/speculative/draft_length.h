#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "speculative/acceptance_table.h"
#include "speculative/token_tree.h"

namespace tenon::speculative {

struct DraftLengthOptions {
  /// Part of the time so far that drafts expected not to pay may have cost, 0 .. 1. They are made to
  /// notice when drafting has begun to pay.
  double exploration = 0.01;
  std::int32_t exploration_nodes = 3;  // at most, of such a draft
};

/// Which nodes of a proposal go into the pass, and what to expect of it.
struct DraftChoice {
  std::vector<std::int32_t> nodes;  // ascending: for TokenTree::subset; none: decode plainly
  double expected_tokens = 1.0;     // that the pass appends, its own draw included
  double expected_seconds = 0.0;    // of drafting and pass
  bool is_exploration = false;
  double tokens_per_second() const { return expected_tokens / expected_seconds; }
};

/// Chooses how much to draft: the number of nodes n that maximises (1 + sum of the n best path values) /
/// (drafting + t(1 + n)), zero included (Leviathan et al. 2023, section 3.4, with measured times in
/// place of a ratio). It reads no clock: costs come in as numbers, so the same numbers give the same
/// choices.
class DraftLength {
 public:
  /// pass_seconds[i]: a pass of i + 1 rows, above 0; the longest is the largest pass.
  explicit DraftLength(std::vector<double> pass_seconds, const DraftLengthOptions& options = {});

  /// The choice by expectation alone. `values`: by node, AcceptanceTable::path_values.
  /// `draft_seconds`: what drafting costs per step that uses any node.
  DraftChoice best(const TokenTree& tree, std::span<const double> values,
                   double draft_seconds = 0.0) const;
  /// The same, but now and then a small draft where none is expected to pay; counts the time.
  DraftChoice choose(const TokenTree& tree, std::span<const double> values,
                     double draft_seconds = 0.0);
  /// The chain length to ask of a drafter that takes `seconds_a_token`.
  std::int32_t best_chain(const AcceptanceTable& table, double seconds_a_token) const;

  std::int32_t most_nodes() const { return static_cast<std::int32_t>(pass_seconds_.size()) - 1; }
  /// Expected seconds of all choices, and of explorations beyond plain decoding.
  double expected_seconds() const { return expected_seconds_; }
  double exploration_seconds() const { return exploration_seconds_; }

 private:
  double pass(std::size_t rows) const { return pass_seconds_[rows - 1]; }

  std::vector<double> pass_seconds_;
  DraftLengthOptions options_;
  double expected_seconds_ = 0.0;
  double exploration_seconds_ = 0.0;
};

}  // namespace tenon::speculative
