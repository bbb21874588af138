#include "speculative/drafters/token_recycling.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace tenon;
using namespace tenon::speculative;
using Ints = std::vector<std::int32_t>;

namespace {

std::vector<float> logits_of(const std::vector<double>& probabilities) {
  std::vector<float> logits;
  for (const double p : probabilities) logits.push_back(static_cast<float>(std::log(p)));
  return logits;
}

}  // namespace

TEST_CASE("a tree grows over the likeliest successors of rows seen, accepted or not") {
  TokenRecycling drafter(4, {.candidates = 2});
  const Ints prompt = {3, 0};
  drafter.observe({.text = prompt, .appended = 2, .tree = nullptr, .logits = {}, .hidden = {}});
  CHECK(drafter.propose({.text = prompt, .sequence = 0, .limits = {}}).is_empty());

  // After 0: 1, then 2. After 1 (drafted): 2, then 0. The text goes on with 2 all the same.
  TokenTree tree;
  tree.add(TokenTree::kRoot, 1);
  std::vector<float> rows = logits_of({0.1, 0.6, 0.25, 0.05});
  const std::vector<float> after = logits_of({0.2, 0.05, 0.7, 0.05});
  rows.insert(rows.end(), after.begin(), after.end());
  Ints text = {3, 0, 2};
  drafter.observe({.text = text, .appended = 1, .tree = &tree, .logits = rows, .hidden = {}});
  CHECK(drafter.propose({.text = text, .sequence = 0, .limits = {}}).is_empty());  // 2 is unknown

  text.push_back(0);
  drafter.observe({.text = text, .appended = 1, .tree = nullptr, .logits = {}, .hidden = {}});
  const TokenTree grown =
      drafter.propose({.text = text, .sequence = 0, .limits = {.nodes = 3, .depth = 2}});
  REQUIRE(grown.size() == 3);
  CHECK(grown.tokens_to(0) == Ints{1});     // 0.6 / 0.85
  CHECK(grown.tokens_to(1) == Ints{1, 2});  // 0.706 * 0.7 / 0.9 = 0.549
  CHECK(grown.tokens_to(2) == Ints{2});     // 0.25 / 0.85 = 0.294
  CHECK(grown.node(0).confidence == doctest::Approx(0.6 / 0.85));
}

TEST_CASE("the latest row of a token is the one that counts") {
  TokenRecycling drafter(3, {.candidates = 1});
  Ints text = {0, 1};
  const std::vector<float> first = logits_of({0.2, 0.7, 0.1}), second = logits_of({0.2, 0.1, 0.7});
  drafter.observe({.text = text, .appended = 1, .tree = nullptr, .logits = first, .hidden = {}});
  text = {0, 1, 0, 2};
  drafter.observe({.text = text, .appended = 1, .tree = nullptr, .logits = second, .hidden = {}});
  const Ints at_zero = {0};
  const TokenTree tree = drafter.propose({.text = at_zero, .sequence = 0, .limits = {.depth = 1}});
  CHECK(tree.tokens_to(0) == Ints{2});
}
