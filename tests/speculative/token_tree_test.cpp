#include "speculative/token_tree.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace tenon;
using namespace tenon::speculative;
using Ints = std::vector<std::int32_t>;

namespace {

/// 10 → (20 → 40, 50), 30; the root before them.
TokenTree small_tree() {
  TokenTree tree;
  tree.add(TokenTree::kRoot, 10, 0.9);
  tree.add(0, 20);
  tree.add(0, 30);
  tree.add(1, 40);
  tree.add(1, 50);
  return tree;
}

}  // namespace

TEST_CASE("a tree knows depths, ranks, children and the way to a node") {
  const TokenTree tree = small_tree();
  CHECK(tree.size() == 5);
  CHECK(tree.depth() == 3);
  CHECK_FALSE(tree.is_chain());
  CHECK(tree.children(TokenTree::kRoot) == Ints{0});
  CHECK(tree.children(0) == Ints{1, 2});
  CHECK(tree.node(2).rank == 1);
  CHECK(tree.node(4).depth == 3);
  CHECK(tree.tokens_to(4) == Ints{10, 20, 50});
  CHECK(tree.tokens_to(TokenTree::kRoot).empty());
  CHECK(tree.child_with(0, 30) == 2);
  CHECK_FALSE(tree.child_with(0, 40).has_value());
}

TEST_CASE("a token is added to its siblings once") {
  TokenTree tree = small_tree();
  CHECK(tree.add(1, 40) == 3);
  CHECK(tree.size() == 5);
  CHECK(tree.add(0, 40) == 5);  // another parent
  CHECK(tree.node(5).rank == 2);
}

TEST_CASE("a chain is a tree, and so is nothing") {
  TokenTree tree;
  CHECK(tree.is_chain());
  CHECK(tree.depth() == 0);
  tree.add(TokenTree::kRoot, 1);
  tree.add(0, 1);
  CHECK(tree.is_chain());
  tree.add(TokenTree::kRoot, 2);
  CHECK_FALSE(tree.is_chain());
}

TEST_CASE("rows name their parents within the batch, after those of another sequence") {
  models::Batch batch;
  TokenTree().append_rows(batch, 0, 7);
  const std::int32_t first = small_tree().append_rows(batch, 1, 8);
  CHECK(first == 1);
  REQUIRE(batch.size() == 7);
  CHECK(batch[0].parent == models::BatchRow::kAfterCommitted);
  CHECK(batch[1].parent == models::BatchRow::kAfterCommitted);
  CHECK(batch[1].token == 8);
  Ints tokens, parents;
  for (std::size_t row = 2; row < batch.size(); ++row) {
    tokens.push_back(batch[row].token);
    parents.push_back(batch[row].parent);
    CHECK(batch[row].sequence == 1);
    CHECK(batch[row].wants_logits);
  }
  CHECK(tokens == Ints{10, 20, 30, 40, 50});
  CHECK(parents == Ints{1, 2, 2, 3, 3});
  CHECK(TokenTree::rows_to_commit(first, Ints{0, 1, 4}) == Ints{1, 2, 3, 6});
  CHECK(TokenTree::rows_to_commit(first, {}) == Ints{1});
}

TEST_CASE("a part of a tree keeps parents, ranks and what its nodes were drawn from") {
  TokenTree tree = small_tree();
  tree.set_drawn_from(1, {0.25, 0.75});
  const TokenTree part = tree.subset(Ints{0, 1, 3});
  CHECK(part.size() == 3);
  CHECK(part.tokens_to(2) == Ints{10, 20, 40});
  REQUIRE(part.drawn_from(1) != nullptr);
  CHECK(*part.drawn_from(1) == std::vector<double>{0.25, 0.75});
  CHECK(part.node(0).confidence == 0.9);
  CHECK(tree.subset(Ints{0, 1}).drawn_from(1) == nullptr);
  CHECK(tree.subset(Ints{0, 2}).node(1).rank == 1);
  CHECK(tree.subset({}).is_empty());
}

TEST_CASE("a part without a parent, or with a later draw alone, is refused") {
  TokenTree tree = small_tree();
  CHECK_THROWS_AS(tree.subset(Ints{1}), Error);
  tree.set_drawn_from(1, {0.25, 0.75});
  CHECK_THROWS_AS(tree.subset(Ints{0, 1, 4}), Error);
}
