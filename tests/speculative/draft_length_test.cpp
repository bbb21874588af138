#include "speculative/draft_length.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

using namespace tenon;
using namespace tenon::speculative;

namespace {

/// t(n) = 1 + slope * (n - 1), for 1 .. 32 rows.
std::vector<double> linear_costs(double slope) {
  std::vector<double> seconds;
  for (int rows = 1; rows <= 32; ++rows) seconds.push_back(1.0 + slope * (rows - 1));
  return seconds;
}

TokenTree chain_of(std::int32_t length) {
  TokenTree tree;
  for (std::int32_t i = 0; i < length; ++i) tree.add(i - 1, i);
  return tree;
}

std::vector<double> powers(double alpha, std::int32_t count) {
  std::vector<double> values;
  for (std::int32_t i = 1; i <= count; ++i) values.push_back(std::pow(alpha, i));
  return values;
}

}  // namespace

TEST_CASE("a chain of constant acceptance gets the length of Leviathan's formula") {
  for (const double alpha : {0.3, 0.6, 0.8, 0.95})
    for (const double slope : {0.02, 0.1, 0.4}) {
      const DraftLength length(linear_costs(slope));
      const DraftChoice choice = length.best(chain_of(31), powers(alpha, 31));
      // (1 - a^(g+1)) / ((1 - a) (g c + 1)), arXiv:2211.17192 theorem 3.8.
      double best = 0.0;
      std::size_t best_gamma = 0;
      for (std::size_t gamma = 0; gamma <= 31; ++gamma) {
        const double g = static_cast<double>(gamma);
        const double rate = (1 - std::pow(alpha, g + 1)) / ((1 - alpha) * (g * slope + 1));
        if (rate > best * (1 + 1e-12)) best = rate, best_gamma = gamma;
      }
      CHECK(choice.nodes.size() == best_gamma);
      CHECK(choice.tokens_per_second() == doctest::Approx(best));
    }
}

TEST_CASE("nothing is drafted where acceptance is below the cost of a row") {
  const DraftLength length(linear_costs(0.5));
  const DraftChoice choice = length.best(chain_of(4), powers(0.4, 4));
  CHECK(choice.nodes.empty());
  CHECK(choice.expected_tokens == 1.0);
  CHECK(length.best(TokenTree(), {}).nodes.empty());
}

TEST_CASE("the cost of drafting is weighed in") {
  const DraftLength length(linear_costs(0.05));
  CHECK(length.best(chain_of(4), powers(0.5, 4), 0.0).nodes.size() > 0);
  CHECK(length.best(chain_of(4), powers(0.5, 4), 2.0).nodes.empty());
}

TEST_CASE("of a tree the best paths are taken, whatever branch they are on") {
  TokenTree tree;
  tree.add(TokenTree::kRoot, 1);  // 0.5
  tree.add(TokenTree::kRoot, 2);  // 0.4
  tree.add(0, 3);                 // 0.05
  tree.add(1, 4);                 // 0.35
  const std::vector<double> values = {0.5, 0.4, 0.05, 0.35};
  const DraftChoice choice = DraftLength(linear_costs(0.1)).best(tree, values);
  CHECK(choice.nodes == std::vector<std::int32_t>{0, 1, 3});
  CHECK(choice.expected_tokens == doctest::Approx(2.25));
}

TEST_CASE("a later draw never goes without the earlier ones") {
  TokenTree tree;
  tree.add(TokenTree::kRoot, 1);
  tree.add(TokenTree::kRoot, 2);
  tree.add(1, 3);
  tree.set_drawn_from(TokenTree::kRoot, {0.0, 0.5, 0.5});
  const DraftChoice choice =
      DraftLength(linear_costs(0.15)).best(tree, std::vector<double>{0.2, 0.7, 0.6});
  CHECK_NOTHROW(tree.subset(choice.nodes));
  CHECK(choice.nodes.size() == 3);
  CHECK(choice.expected_tokens == doctest::Approx(1.6));  // each counts as the first
}

TEST_CASE("a pass is never longer than the longest that was measured") {
  const DraftLength length({1.0, 1.0, 1.0});
  CHECK(length.best(chain_of(20), powers(0.9, 20)).nodes.size() == 2);
  CHECK(DraftLength({1.0}).best(chain_of(20), powers(0.9, 20)).nodes.empty());
}

TEST_CASE("exploration happens and stays within its share of the time") {
  DraftLength length(linear_costs(0.5), {.exploration = 0.02});
  const TokenTree tree = chain_of(5);
  const std::vector<double> hopeless(5, 0.01);
  int explorations = 0;
  for (int step = 0; step < 2000; ++step) {
    explorations += length.choose(tree, hopeless).is_exploration ? 1 : 0;
    CHECK(length.exploration_seconds() <= 0.02 * length.expected_seconds());
  }
  CHECK(explorations >= 10);
  CHECK(explorations <= 40);
  DraftLength never(linear_costs(0.5), {.exploration = 0.0});
  for (int step = 0; step < 100; ++step) CHECK(never.choose(tree, hopeless).nodes.empty());
}

TEST_CASE(
    "the chain to ask for grows with measured acceptance and shrinks with the drafter's cost") {
  AcceptanceTable good, bad;
  const TokenTree tree = chain_of(8);
  for (int i = 0; i < 300; ++i) {
    good.observe(tree, std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6, 7});
    bad.observe(tree, std::vector<std::int32_t>{99});
  }
  const DraftLength length(linear_costs(0.05));
  CHECK(length.best_chain(bad, 0.1) == 0);
  CHECK(length.best_chain(good, 0.1) >= 8);
  CHECK(length.best_chain(good, 1.0) == 0);
}

TEST_CASE("a table of costs without costs is refused") {
  CHECK_THROWS_AS(DraftLength({}), Error);
  CHECK_THROWS_AS(DraftLength({1.0, 0.0}), Error);
}
