#include "speculative/verification/block.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/random.h"
#include "speculative/verification/rejection.h"

using namespace tenon;
using namespace tenon::speculative;
using Ints = std::vector<std::int32_t>;

TEST_CASE("block verification refuses a tree, and says so beforehand") {
  TokenTree tree;
  tree.add(TokenTree::kRoot, 0);
  tree.add(TokenTree::kRoot, 1);
  const std::vector<float> logits(6, 0.0f);
  const Ints text = {0};
  CHECK_FALSE(Block().takes_trees());
  CHECK_THROWS_AS(Block().accept({tree, logits, text, 0}, sampling::SamplerChain({})), Error);
}

TEST_CASE("block verification keeps the number of tokens that its paper's example gives") {
  // Sun et al. 2024, section 3: p = (1/3, 2/3), q = (2/3, 1/3) at every position, two drafted tokens:
  // 10/9 accepted token by token, 11/9 as a block.
  sampling::SamplingOptions options;
  options.temperature = 1.0;
  const sampling::SamplerChain chain(options);
  const std::vector<float> row = {0.0f, 0.69314718f};
  std::vector<float> logits;
  for (int i = 0; i < 3; ++i) logits.insert(logits.end(), row.begin(), row.end());
  const Ints text = {0};
  constexpr int kDraws = 40000;
  std::int64_t by_token = 0, as_block = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const RandomStream random(3, "drafts", i);
    TokenTree tree;
    for (std::int32_t node = 0; node < 2; ++node) {
      tree.add(node - 1, random.uniform(static_cast<std::uint64_t>(node)) < 2.0 / 3 ? 0 : 1);
      tree.set_drawn_from(node - 1, {2.0 / 3, 1.0 / 3});
    }
    by_token +=
        static_cast<std::int64_t>(Rejection().accept({tree, logits, text, i}, chain).path.size());
    as_block +=
        static_cast<std::int64_t>(Block().accept({tree, logits, text, i}, chain).path.size());
  }
  // Standard deviation of a count is below 1: 0.005 of the mean.
  CHECK(by_token / double{kDraws} == doctest::Approx(10.0 / 9).epsilon(0.02));
  CHECK(as_block / double{kDraws} == doctest::Approx(11.0 / 9).epsilon(0.02));
}
