#include "speculative/token_tree.h"

#include <algorithm>

#include "base/error.h"

namespace tenon::speculative {

std::int32_t TokenTree::add(std::int32_t parent, std::int32_t token, double confidence) {
  TENON_CHECK(parent >= kRoot && parent < size());
  std::int32_t rank = 0;
  for (std::int32_t i = parent + 1; i < size(); ++i) {
    if (node(i).parent != parent) continue;
    if (node(i).token == token) return i;
    rank = node(i).rank + 1;
  }
  const std::int32_t depth = parent == kRoot ? 1 : node(parent).depth + 1;
  nodes_.push_back({token, parent, depth, rank, confidence});
  return size() - 1;
}

void TokenTree::set_drawn_from(std::int32_t parent, std::vector<double> probabilities) {
  TENON_CHECK(parent >= kRoot && parent < size());
  drawn_from_[parent] = std::move(probabilities);
}

const std::vector<double>* TokenTree::drawn_from(std::int32_t parent) const {
  const auto found = drawn_from_.find(parent);
  return found == drawn_from_.end() ? nullptr : &found->second;
}

bool TokenTree::is_chain() const {
  for (std::int32_t i = 0; i < size(); ++i)
    if (node(i).parent != i - 1) return false;
  return true;
}

std::int32_t TokenTree::depth() const {
  std::int32_t deepest = 0;
  for (const TreeNode& each : nodes_) deepest = std::max(deepest, each.depth);
  return deepest;
}

std::vector<std::int32_t> TokenTree::children(std::int32_t parent) const {
  std::vector<std::int32_t> result;
  for (std::int32_t i = parent + 1; i < size(); ++i)
    if (node(i).parent == parent) result.push_back(i);
  return result;
}

std::optional<std::int32_t> TokenTree::child_with(std::int32_t parent, std::int32_t token) const {
  for (std::int32_t i = parent + 1; i < size(); ++i)
    if (node(i).parent == parent && node(i).token == token) return i;
  return std::nullopt;
}

std::vector<std::int32_t> TokenTree::tokens_to(std::int32_t index) const {
  std::vector<std::int32_t> tokens;
  for (; index != kRoot; index = node(index).parent) tokens.push_back(node(index).token);
  std::reverse(tokens.begin(), tokens.end());
  return tokens;
}

TokenTree TokenTree::subset(std::span<const std::int32_t> kept) const {
  TokenTree result;
  std::vector<std::int32_t> new_index(nodes_.size(), kRoot);
  std::vector<std::int32_t> kept_children(nodes_.size() + 1, 0);  // by parent + 1
  for (const std::int32_t old : kept) {
    TENON_CHECK(old >= 0 && old < size());
    TreeNode copy = node(old);
    const auto parent_slot = static_cast<std::size_t>(copy.parent + 1);
    TENON_CHECK(drawn_from(copy.parent) == nullptr || kept_children[parent_slot] == copy.rank);
    ++kept_children[parent_slot];
    if (copy.parent != kRoot) {
      copy.parent = new_index[static_cast<std::size_t>(copy.parent)];
      TENON_CHECK(copy.parent != kRoot);
    }
    new_index[static_cast<std::size_t>(old)] = result.size();
    result.nodes_.push_back(copy);
  }
  for (const auto& [parent, probabilities] : drawn_from_) {
    if (kept_children[static_cast<std::size_t>(parent + 1)] == 0) continue;
    const std::int32_t moved =
        parent == kRoot ? kRoot : new_index[static_cast<std::size_t>(parent)];
    result.drawn_from_[moved] = probabilities;
  }
  return result;
}

std::int32_t TokenTree::append_rows(models::Batch& batch, std::int32_t sequence,
                                    std::int32_t root_token, bool wants_hidden) const {
  const auto first = static_cast<std::int32_t>(batch.size());
  batch.push_back({.token = root_token,
                   .parent = models::BatchRow::kAfterCommitted,
                   .sequence = sequence,
                   .wants_logits = true,
                   .wants_hidden = wants_hidden});
  for (const TreeNode& each : nodes_)
    batch.push_back({.token = each.token,
                     .parent = first + 1 + each.parent,  // the root is node -1
                     .sequence = sequence,
                     .wants_logits = true,
                     .wants_hidden = wants_hidden});
  return first;
}

std::vector<std::int32_t> TokenTree::rows_to_commit(std::int32_t first_row,
                                                    std::span<const std::int32_t> path) {
  std::vector<std::int32_t> rows = {first_row};
  for (const std::int32_t node : path) rows.push_back(first_row + 1 + node);
  return rows;
}

}  // namespace tenon::speculative
