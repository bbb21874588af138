#include "speculative/drafters/combination.h"

#include <doctest/doctest.h>

using namespace tenon;
using namespace tenon::speculative;
using Ints = std::vector<std::int32_t>;

namespace {

/// Always the same chain, however wrong.
class Fixed : public Drafter {
 public:
  Fixed(std::string_view name, Ints tokens) : name_(name), tokens_(std::move(tokens)) {}
  std::string_view name() const override { return name_; }
  TokenTree propose(const ProposalRequest&) override {
    TokenTree tree;
    for (const std::int32_t token : tokens_) tree.add(tree.size() - 1, token, 0.5);
    return tree;
  }
  void observe(const Observation& observation) override { seen += observation.appended; }
  std::size_t seen = 0;

 private:
  std::string_view name_;
  Ints tokens_;
};

std::vector<double> costs() {
  std::vector<double> seconds;
  for (int rows = 1; rows <= 8; ++rows) seconds.push_back(1.0 + 0.1 * rows);
  return seconds;
}

}  // namespace

TEST_CASE("the drafter that comes true wins, also after another did") {
  std::vector<std::unique_ptr<Drafter>> drafters;
  drafters.push_back(std::make_unique<Fixed>("ones", Ints{1, 1}));
  drafters.push_back(std::make_unique<Fixed>("twos", Ints{2, 2}));
  drafters.push_back(std::make_unique<Fixed>("nothing", Ints{}));
  auto& ones = static_cast<Fixed&>(*drafters[0]);
  Combination combination(std::move(drafters), DraftLength(costs()));
  Ints text = {0};
  const auto step = [&](const Ints& tokens) {
    const TokenTree tree = combination.propose({.text = text, .sequence = 0, .limits = {}});
    text.insert(text.end(), tokens.begin(), tokens.end());
    combination.observe(
        {.text = text, .appended = tokens.size(), .tree = &tree, .logits = {}, .hidden = {}});
    return tree;
  };
  CHECK(step({2, 2, 2}).node(0).token == 1);  // equal so far: their order
  CHECK(combination.winner() == "ones");
  step({2, 2, 2});
  CHECK(combination.winner() == "twos");
  for (int i = 0; i < 40; ++i) step({1, 1, 1});
  CHECK(combination.winner() == "ones");
  CHECK(ones.seen == text.size() - 1);
  CHECK(step({1, 1, 1}).node(0).confidence > 0.8);  // what was measured, not the claimed half
}

TEST_CASE("drafters without a guess leave plain decoding") {
  std::vector<std::unique_ptr<Drafter>> drafters;
  drafters.push_back(std::make_unique<Fixed>("nothing", Ints{}));
  Combination combination(std::move(drafters), DraftLength(costs()));
  const Ints text = {4};
  CHECK(combination.propose({.text = text, .sequence = 0, .limits = {}}).is_empty());
  CHECK(combination.winner().empty());
}
