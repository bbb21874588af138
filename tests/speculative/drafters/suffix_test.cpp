#include "speculative/drafters/suffix.h"

#include <doctest/doctest.h>

using namespace tenon;
using namespace tenon::speculative;
using Ints = std::vector<std::int32_t>;

namespace {

TokenTree drafted(Suffix& drafter, const Ints& text, ProposalLimits limits = {}) {
  drafter.observe(
      {.text = text, .appended = text.size(), .tree = nullptr, .logits = {}, .hidden = {}});
  return drafter.propose({.text = text, .sequence = 0, .limits = limits});
}

}  // namespace

TEST_CASE("a chain follows the commonest continuation") {
  Suffix drafter;
  const TokenTree tree =
      drafted(drafter, {1, 2, 5, 1, 2, 6, 1, 2, 6, 1, 2}, {.depth = 3, .children = 1});
  CHECK(tree.is_chain());
  CHECK(tree.tokens_to(tree.size() - 1) == Ints{6, 1, 2});
}

TEST_CASE("a tree holds every continuation, the commoner first and surer") {
  Suffix drafter;
  const TokenTree tree = drafted(drafter, {1, 2, 5, 1, 2, 6, 1, 2, 6, 1, 2}, {.depth = 1});
  REQUIRE(tree.size() == 2);
  CHECK(tree.node(0).token == 6);
  CHECK(tree.node(1).token == 5);
  // By hand: "1 2 6 1 2" was followed by 6 once, 1/2 each for 6 and the unseen; "1 2" by 6 twice and
  // by 5 once, 2/5, 1/5 and 2/5 for the unseen.
  CHECK(tree.node(0).confidence == doctest::Approx(0.5 + 0.5 * 0.4));
  CHECK(tree.node(1).confidence == doctest::Approx(0.5 * 0.2));
}

TEST_CASE("texts given beforehand are drafted from, and never across their ends") {
  Suffix drafter;
  drafter.learn(Ints{10, 11, 12, 13});
  drafter.learn(Ints{20, 21});
  const TokenTree tree = drafted(drafter, {9, 10, 11}, {.depth = 8, .children = 1});
  CHECK(tree.tokens_to(tree.size() - 1) == Ints{12, 13});
}

TEST_CASE("the answer is learnt as it grows") {
  Suffix drafter;
  Ints text = {1, 2, 3};
  CHECK(drafted(drafter, text).is_empty());
  text.insert(text.end(), {1, 2});
  drafter.observe({.text = text, .appended = 2, .tree = nullptr, .logits = {}, .hidden = {}});
  const TokenTree tree =
      drafter.propose({.text = text, .sequence = 0, .limits = {.depth = 2, .children = 1}});
  CHECK(tree.tokens_to(tree.size() - 1) == Ints{3, 1});
}

TEST_CASE("limits of nodes, depth and children hold") {
  Suffix drafter;
  Ints text;
  for (int i = 0; i < 400; ++i) text.push_back(i * i % 7);
  const TokenTree tree = drafted(drafter, text, {.nodes = 9, .depth = 3, .children = 2});
  CHECK(tree.size() <= 9);
  CHECK(tree.size() > 1);
  CHECK(tree.depth() <= 3);
  for (std::int32_t node = TokenTree::kRoot; node < tree.size(); ++node)
    CHECK(tree.children(node).size() <= 2);
}
