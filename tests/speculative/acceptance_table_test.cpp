#include "speculative/acceptance_table.h"

#include <doctest/doctest.h>

#include "base/random.h"

using namespace tenon;
using namespace tenon::speculative;
using Ints = std::vector<std::int32_t>;

namespace {

TokenTree two_guesses(double first, double second) {
  TokenTree tree;
  tree.add(TokenTree::kRoot, 1, first);
  tree.add(TokenTree::kRoot, 2, second);
  tree.add(0, 3, first);
  return tree;
}

}  // namespace

TEST_CASE("before any trial the drafter's confidence is the estimate") {
  const AcceptanceTable table;
  const TokenTree tree = two_guesses(0.8, 0.1);
  CHECK(table.estimate(tree.node(0)) == doctest::Approx(0.8));
  CHECK(table.estimate(tree.node(1)) == doctest::Approx(0.1));
  const std::vector<double> values = table.path_values(tree);
  CHECK(values[2] == doctest::Approx(0.8 * 0.8));
}

TEST_CASE("estimates come to the measured rates, by rank and depth") {
  AcceptanceTable table;
  const TokenTree tree = two_guesses(0.9, 0.9);
  const RandomStream random(3, "acceptance test");
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const double u = random.uniform(i);
    // The first guess is right 30 times of 100, the second 50 times, and after the first its child 70.
    if (u < 0.3)
      table.observe(tree, Ints{1, random.uniform(i + 10000) < 0.7 ? 3 : 9});
    else
      table.observe(tree, Ints{u < 0.8 ? 2 : 8});
  }
  // 64 trials are remembered: three standard deviations of their mean.
  CHECK(table.estimate(tree.node(0)) == doctest::Approx(0.3).epsilon(0.5));
  CHECK(table.estimate(tree.node(1)) == doctest::Approx(0.5).epsilon(0.35));
  CHECK(table.estimate(tree.node(2)) == doctest::Approx(0.7).epsilon(0.25));
  CHECK(table.estimate_first(1) < 0.45);
  CHECK(table.estimate_first(2) > 0.5);
}

TEST_CASE("text that ends above a node says nothing of it") {
  AcceptanceTable table, untouched;
  const TokenTree tree = two_guesses(0.6, 0.3);
  table.observe(tree, Ints{});
  CHECK(table.estimate(tree.node(0)) == untouched.estimate(tree.node(0)));
  table.observe(tree, Ints{1});
  CHECK(table.estimate(tree.node(0)) > 0.6);
  CHECK(table.estimate(tree.node(1)) < 0.3);
}

TEST_CASE("an estimate follows a drafter that turns bad") {
  AcceptanceTable table;
  const TokenTree tree = two_guesses(0.9, 0.1);
  for (int i = 0; i < 500; ++i) table.observe(tree, Ints{1});
  CHECK(table.estimate(tree.node(0)) > 0.95);
  for (int i = 0; i < 200; ++i) table.observe(tree, Ints{7});
  CHECK(table.estimate(tree.node(0)) < 0.15);
}
