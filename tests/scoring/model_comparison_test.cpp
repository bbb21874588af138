#include "scoring/model_comparison.h"

#include <doctest/doctest.h>

#include <algorithm>

#include <cmath>

#include "formula_model.h"

using namespace tenon;
using namespace tenon::scoring;
using namespace tenon::test;

namespace {

std::vector<double> probabilities(const FormulaModel& model,
                                  const std::vector<std::int32_t>& history) {
  std::vector<double> result;
  double sum = 0.0;
  for (std::int32_t token = 0; token < model.info().vocab; ++token)
    sum += std::exp(static_cast<double>(model.logit(history, token)));
  for (std::int32_t token = 0; token < model.info().vocab; ++token)
    result.push_back(std::exp(static_cast<double>(model.logit(history, token))) / sum);
  return result;
}

}  // namespace

TEST_SUITE_BEGIN("model_comparison");

TEST_CASE("agreement and divergence are those of the two formulas, position by position") {
  Team team(2);
  FormulaModel reference(11, 1.0), candidate(11, -0.4);
  const auto tokens = varied_tokens(150, 11);
  const PerplexityOptions options{.windows = {.context = 40, .stride = 15, .bos = 2}};
  std::int64_t reported = 0;
  const auto result =
      compare_models(reference, candidate, {.tokens = tokens}, options, DType::F32, team,
                     {.token = [&](const TokenScore& score) {
                       reported += score.token == tokens[static_cast<std::size_t>(score.position)];
                     }});
  double agreements = 0.0, sum = 0.0, largest = -1.0;
  std::int64_t largest_at = -1;
  for (std::int64_t at = 0; at < 150; ++at) {
    const auto history = context_of(tokens, at, 40, 15, 2);
    const auto p = probabilities(reference, history), q = probabilities(candidate, history);
    double divergence = 0.0;
    for (std::size_t i = 0; i < p.size(); ++i) divergence += p[i] * std::log(p[i] / q[i]);
    agreements += std::max_element(p.begin(), p.end()) - p.begin() ==
                  std::max_element(q.begin(), q.end()) - q.begin();
    sum += divergence;
    if (divergence > largest) largest = divergence, largest_at = at;
  }
  CHECK(reported == 150);
  CHECK(result.top1_agreement == doctest::Approx(agreements / 150));
  CHECK(result.divergence_mean == doctest::Approx(sum / 150).epsilon(1e-9));
  CHECK(result.divergence_max == doctest::Approx(largest).epsilon(1e-9));
  CHECK(result.divergence_max_position == largest_at);
  CHECK(result.top1_agreement < 1.0);

  FormulaModel alone(11, 1.0), other(11, -0.4);
  CHECK(result.reference.nats == score_perplexity(alone, {.tokens = tokens}, options, team).nats);
  CHECK(result.candidate.nats == score_perplexity(other, {.tokens = tokens}, options, team).nats);
}

TEST_CASE("a model agrees with itself and diverges by nothing") {
  Team team(1);
  FormulaModel first, second;
  const auto tokens = varied_tokens(60, 11);
  const auto result = compare_models(first, second, {.tokens = tokens},
                                     {.windows = {.context = 20}}, DType::F16, team);
  CHECK(result.top1_agreement == 1.0);
  CHECK(result.divergence_mean == 0.0);
  CHECK(result.divergence_max == 0.0);
  CHECK(result.divergence_max_position == 1);
}

TEST_CASE("models with different vocabularies are not compared") {
  Team team(1);
  FormulaModel first(11), second(12);
  CHECK_THROWS_WITH(
      compare_models(first, second, {.tokens = varied_tokens(9, 11)}, {}, DType::F16, team),
      "the models have vocabularies of 11 and 12 tokens");
}

TEST_SUITE_END();
