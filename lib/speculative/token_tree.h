#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "models/language/language_model.h"

namespace tenon::speculative {

/// A drafted token, one of the guesses at what follows its parent.
struct TreeNode {
  std::int32_t token = 0;
  std::int32_t parent = -1;  // node index, TokenTree::kRoot for the first drafted tokens
  std::int32_t depth = 1;    // 1: directly after the root
  std::int32_t rank = 0;  // among its siblings, in the order they were added: the best guess first
  double confidence = 0.0;  // the drafter's estimate that the token follows its parent, 0 .. 1
};

/// Drafted tokens with their parents. The root is the last token of the text, which is no node: it is
/// certain, and the next pass computes it anyway. A chain is a tree whose every node has one child.
///
/// Siblings are either *listed* (any deterministic choice: the best k, an n-gram's continuations) or
/// *drawn* from a distribution without replacement, in the order of their ranks; set_drawn_from says
/// so. Acceptance rules that use the draft's probabilities are exact only if this is the truth: a
/// listed token must not claim a distribution, and the distribution is the one that the draw used,
/// after its temperature and cuts. For the same reason the confidence of a drawn node may depend on
/// its depth, rank and past acceptance, never on the token that was drawn.
class TokenTree {
 public:
  static constexpr std::int32_t kRoot = -1;

  /// Adds a node after all others and returns its index, or the index of the sibling that has the
  /// same token already (a token is tried once).
  std::int32_t add(std::int32_t parent, std::int32_t token, double confidence = 0.0);
  /// The children of `parent` are draws without replacement from `probabilities` [vocab].
  void set_drawn_from(std::int32_t parent, std::vector<double> probabilities);
  /// Null where the children are listed.
  const std::vector<double>* drawn_from(std::int32_t parent) const;

  void set_confidence(std::int32_t index, double confidence) {
    nodes_[static_cast<std::size_t>(index)].confidence = confidence;
  }

  bool is_empty() const { return nodes_.empty(); }
  std::int32_t size() const { return static_cast<std::int32_t>(nodes_.size()); }
  const TreeNode& node(std::int32_t index) const { return nodes_[static_cast<std::size_t>(index)]; }
  std::span<const TreeNode> nodes() const { return nodes_; }
  bool is_chain() const;
  std::int32_t depth() const;
  std::vector<std::int32_t> children(std::int32_t parent) const;  // by rank
  std::optional<std::int32_t> child_with(std::int32_t parent, std::int32_t token) const;
  /// The tokens from below the root to `node`; empty for the root.
  std::vector<std::int32_t> tokens_to(std::int32_t node) const;

  /// The tree of the nodes in `kept`, ascending indices: with each its parent, of drawn siblings the
  /// first ones. Ranks are as before.
  TokenTree subset(std::span<const std::int32_t> kept) const;

  /// Appends the root's row, then a row a node, all with logits: row first + 1 + i is node i. The
  /// root follows the committed positions of `sequence`. Returns first.
  std::int32_t append_rows(models::Batch& batch, std::int32_t sequence, std::int32_t root_token,
                           bool wants_hidden = false) const;
  /// What State::commit takes after append_rows returned `first_row` and `path` was accepted: the row
  /// of the root and those of the nodes.
  static std::vector<std::int32_t> rows_to_commit(std::int32_t first_row,
                                                  std::span<const std::int32_t> path);

 private:
  std::vector<TreeNode> nodes_;
  std::map<std::int32_t, std::vector<double>> drawn_from_;  // by parent
};

}  // namespace tenon::speculative
