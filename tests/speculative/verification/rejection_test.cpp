#include "speculative/verification/rejection.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "speculative/verification/remaining.h"

using namespace tenon;
using namespace tenon::speculative;
using Ints = std::vector<std::int32_t>;

namespace {

sampling::SamplerChain warm() {
  sampling::SamplingOptions options;
  options.temperature = 1.0;
  return sampling::SamplerChain(options);
}

std::vector<float> rows_of(const std::vector<double>& p, int rows) {
  std::vector<float> logits;
  for (int row = 0; row < rows; ++row)
    for (const double each : p)
      logits.push_back(each == 0.0 ? -INFINITY : static_cast<float>(std::log(each)));
  return logits;
}

}  // namespace

TEST_CASE("every rule draws one token where nothing was drafted") {
  const auto logits = rows_of({0.0, 1.0, 0.0}, 1);
  const Ints text = {0};
  for (const char* name : {"coupled", "rejection", "block", "typical"}) {
    const auto rule = make_verification(name);
    CHECK(rule->name() == name);
    const TokenTree nothing;
    const Verdict verdict = rule->accept({nothing, logits, text, 0}, warm());
    CHECK(verdict.path.empty());
    CHECK(verdict.tokens == Ints{1});
  }
  CHECK_THROWS_AS(make_verification("lucky"), Error);
}

TEST_CASE("a draft that equals the target is always accepted, by rejection and by block") {
  const std::vector<double> p = {0.1, 0.2, 0.3, 0.4};
  const auto logits = rows_of(p, 3);
  const Ints text = {0};
  const sampling::SamplerChain chain = warm();
  const std::vector<double> q = chain.distribution(std::span(logits).first(4), text);
  for (const char* name : {"rejection", "block"})
    for (std::uint64_t sequence = 0; sequence < 500; ++sequence) {
      TokenTree tree;
      tree.add(TokenTree::kRoot, static_cast<std::int32_t>(sequence % 4));
      tree.set_drawn_from(TokenTree::kRoot, q);
      tree.add(0, static_cast<std::int32_t>(sequence / 4 % 4));
      tree.set_drawn_from(0, q);
      REQUIRE(make_verification(name)->accept({tree, logits, text, sequence}, chain).path.size() ==
              2);
    }
}

TEST_CASE("what the target cannot say is never accepted, and all listed children may fail") {
  const auto logits = rows_of({0.0, 0.0, 0.0, 1.0}, 4);
  const Ints text = {0};
  TokenTree tree;
  for (const std::int32_t token : {0, 1, 2}) tree.add(TokenTree::kRoot, token);
  for (const char* name : {"coupled", "rejection", "typical"}) {
    const Verdict verdict = make_verification(name)->accept({tree, logits, text, 0}, warm());
    CHECK(verdict.path.empty());
    CHECK(verdict.tokens == Ints{3});
  }
}

TEST_CASE("supports without a common token leave the target alone") {
  const auto logits = rows_of({0.0, 0.0, 0.5, 0.5}, 3);
  const Ints text = {0};
  std::int64_t twos = 0;
  for (std::uint64_t sequence = 0; sequence < 2000; ++sequence) {
    TokenTree tree;
    tree.add(TokenTree::kRoot, 0);
    tree.add(TokenTree::kRoot, 1);
    tree.set_drawn_from(TokenTree::kRoot, {0.5, 0.5, 0.0, 0.0});
    const Verdict verdict = Rejection().accept({tree, logits, text, sequence}, warm());
    REQUIRE(verdict.path.empty());
    REQUIRE(verdict.tokens[0] >= 2);
    twos += verdict.tokens[0] == 2 ? 1 : 0;
  }
  CHECK(std::abs(twos - 1000) < 110);  // five standard deviations
}

TEST_CASE("an empty residual is the target itself") {
  const std::vector<double> p = {0.25, 0.75};
  CHECK(positive_part(p, p) == p);
  CHECK(positive_part(p, std::vector<double>{0.5, 0.5}) == std::vector<double>{0.0, 0.25});
  std::vector<double> zeros = {0.0, 0.0};
  normalise(zeros);
  CHECK(zeros == std::vector<double>{0.0, 0.0});
}

TEST_CASE("a drawn token of probability 0 in its own draft is a mistake of the drafter") {
  const auto logits = rows_of({0.5, 0.5}, 2);
  const Ints text = {0};
  TokenTree tree;
  tree.add(TokenTree::kRoot, 0);
  tree.set_drawn_from(TokenTree::kRoot, {0.0, 1.0});
  CHECK_THROWS_AS(Rejection().accept({tree, logits, text, 0}, warm()), Error);
}
