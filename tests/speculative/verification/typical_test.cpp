#include "speculative/verification/typical.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"

using namespace tenon;
using namespace tenon::speculative;
using Ints = std::vector<std::int32_t>;

namespace {

void append(std::vector<float>& logits, const std::vector<double>& probabilities) {
  for (const double p : probabilities) logits.push_back(static_cast<float>(std::log(p)));
}

sampling::SamplerChain warm() {
  sampling::SamplingOptions options;
  options.temperature = 1.0;
  return sampling::SamplerChain(options);
}

}  // namespace

TEST_CASE("a token is accepted above the lesser of epsilon and delta exp(-entropy)") {
  // Entropy of the first 0.528: delta exp(-0.528) = 0.177 is the greater; of the second ln 4: 0.075.
  const std::vector<double> sure = {0.86, 0.08, 0.05, 0.01}, even = {0.25, 0.25, 0.25, 0.25};
  const auto accepted = [&](const std::vector<double>& p, std::int32_t token, double epsilon,
                            double delta) {
    TokenTree tree;
    tree.add(TokenTree::kRoot, token);
    std::vector<float> logits;
    append(logits, p);
    append(logits, even);
    const Ints text = {0};
    const Typical rule({.epsilon = epsilon, .delta = delta});
    return rule.accept({tree, logits, text, 0}, warm()).path.size() == 1;
  };
  CHECK(accepted(sure, 0, 0.09, 0.3));
  CHECK_FALSE(accepted(sure, 1, 0.09, 0.3));
  CHECK(accepted(sure, 1, 0.07, 0.3));
  CHECK(accepted(sure, 1, 0.09, 0.13));        // 0.13 * 0.590 = 0.0767
  CHECK_FALSE(accepted(sure, 1, 0.09, 0.14));  // 0.0826
  CHECK(accepted(even, 3, 0.9, 0.9));          // 0.225
  CHECK_FALSE(accepted(even, 3, 1.0, 1.0));    // 0.25 is not above itself
}

TEST_CASE("the longest accepted path wins, then the more probable, and its price is told") {
  TokenTree tree;
  tree.add(TokenTree::kRoot, 0);  // 0.5, nothing after it
  tree.add(TokenTree::kRoot, 1);  // 0.3
  tree.add(1, 2);                 // 0.4
  tree.add(1, 0);                 // 0.5
  std::vector<float> logits;
  append(logits, {0.5, 0.3, 0.2});
  append(logits, {0.2, 0.3, 0.5});
  append(logits, {0.5, 0.1, 0.4});
  append(logits, {0.1, 0.1, 0.8});
  append(logits, {0.1, 0.1, 0.8});
  const Ints text = {0};
  const Verdict verdict = Typical({}).accept({tree, logits, text, 0}, warm());
  CHECK(verdict.path == Ints{1, 3});
  REQUIRE(verdict.tokens.size() == 3);
  CHECK(verdict.tokens[0] == 1);
  CHECK(verdict.tokens[1] == 0);
  CHECK(verdict.divergence == doctest::Approx(-std::log(0.3) - std::log(0.5)));
  CHECK(verdict.agreeing >= 1);  // the last is the target's own
  CHECK(verdict.agreeing <= 3);
}

TEST_CASE("typical acceptance says that it is lossy and refuses thresholds out of range") {
  CHECK(make_verification("typical")->guarantee() == Guarantee::Lossy);
  CHECK_THROWS_AS(make_verification("typical", {.epsilon = 1.5}), Error);
  CHECK_THROWS_AS(make_verification("typical", {.delta = -0.1}), Error);
  CHECK_THROWS_AS(make_verification("typical", {.delta = NAN}), Error);
}
