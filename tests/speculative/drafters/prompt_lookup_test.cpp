#include "speculative/drafters/prompt_lookup.h"

#include <doctest/doctest.h>

using namespace tenon;
using namespace tenon::speculative;
using Ints = std::vector<std::int32_t>;

namespace {

Ints drafted(const Ints& text, PromptLookupOptions options = {}, ProposalLimits limits = {}) {
  PromptLookup drafter(options);
  const TokenTree tree = drafter.propose({.text = text, .sequence = 0, .limits = limits});
  CHECK(tree.is_chain());
  return tree.tokens_to(tree.size() - 1);
}

}  // namespace

TEST_CASE("what followed the last tokens before is copied") {
  CHECK(drafted({1, 2, 3, 4, 5, 9, 2, 3}, {}, {.depth = 3}) == Ints{4, 5, 9});
}

TEST_CASE("a longer match wins over a later one, a later one over an earlier of its length") {
  CHECK(drafted({7, 1, 2, 3, 8, 2, 3, 9, 1, 2, 3}, {}, {.depth = 1}) == Ints{8});
  CHECK(drafted({2, 3, 8, 5, 2, 3, 9, 6, 2, 3}, {}, {.depth = 1}) == Ints{9});
  // With matches of 2 at most the later one is as good.
  CHECK(drafted({7, 1, 2, 3, 8, 2, 3, 9, 1, 2, 3}, {.longest_match = 2}, {.depth = 1}) == Ints{9});
}

TEST_CASE("a copy that reaches the end of the text goes round") {
  CHECK(drafted({5, 1, 2, 1, 2}, {}, {.depth = 5}) == Ints{1, 2, 1, 2, 1});
  CHECK(drafted({4, 4, 4}, {}, {.depth = 4}) == Ints{4, 4, 4, 4});
}

TEST_CASE("without a match of the shortest length nothing is drafted") {
  CHECK(drafted({1, 2, 3, 9, 3}).empty());
  CHECK(drafted({1, 2, 3, 9, 3}, {.shortest_match = 1}, {.depth = 1}) == Ints{9});
  CHECK(drafted({1}).empty());
  CHECK(drafted({1, 2, 1, 2}, {}, {.nodes = 0}).empty());
}
