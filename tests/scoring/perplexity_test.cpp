#include "scoring/perplexity.h"

#include <doctest/doctest.h>

#include <algorithm>

#include <cmath>

#include "formula_model.h"

using namespace tenon;
using namespace tenon::scoring;
using namespace tenon::test;

namespace {

// -log p of `token` behind `history`, straight from the formula.
double expected_nats(const FormulaModel& model, const std::vector<std::int32_t>& history,
                     std::int32_t token) {
  long double sum = 0.0L;
  for (std::int32_t other = 0; other < model.info().vocab; ++other)
    sum += std::exp(static_cast<long double>(model.logit(history, other)));
  return static_cast<double>(std::log(sum) - static_cast<long double>(model.logit(history, token)));
}

std::int32_t expected_best(const FormulaModel& model, const std::vector<std::int32_t>& history) {
  std::int32_t best = 0;
  for (std::int32_t other = 1; other < model.info().vocab; ++other)
    if (model.logit(history, other) > model.logit(history, best)) best = other;
  return best;
}

}  // namespace

TEST_SUITE_BEGIN("perplexity");

TEST_CASE("every token gets the score that its window gives by the formula") {
  Team team(2);
  for (const std::optional<std::int32_t> bos : {std::optional<std::int32_t>(), std::optional(3)})
    for (const auto& [count, context, stride] : {std::tuple{2, 512, 0},
                                                 {30, 7, 3},
                                                 {30, 7, 6},
                                                 {30, 7, 1},
                                                 {64, 16, 0},
                                                 {300, 300, 0},
                                                 {500, 300, 150},
                                                 {500, 280, 7}}) {
      FormulaModel model;
      const auto tokens = varied_tokens(static_cast<std::size_t>(count), 11);
      std::vector<TokenScore> scores;
      std::vector<std::int64_t> progress;
      const auto result =
          score_perplexity(model, {.tokens = tokens},
                           {.windows = {.context = context, .stride = stride, .bos = bos}}, team,
                           {.token = [&](const TokenScore& score) { scores.push_back(score); },
                            .progress =
                                [&](std::int64_t done, std::int64_t total) {
                                  CHECK(total == count - (bos ? 0 : 1));
                                  progress.push_back(done);
                                }});
      const std::int64_t first = bos ? 0 : 1;
      REQUIRE(static_cast<std::int64_t>(scores.size()) == count - first);
      double sum = 0.0, squares = 0.0, best = 0.0;
      for (std::size_t i = 0; i < scores.size(); ++i) {
        const std::int64_t at = first + static_cast<std::int64_t>(i);
        const auto history =
            context_of(tokens, at, context, stride > 0 ? stride : context / 2, bos);
        const std::int32_t token = tokens[static_cast<std::size_t>(at)];
        const double nats = expected_nats(model, history, token);
        CHECK(scores[i].position == at);
        CHECK(scores[i].token == token);
        CHECK(scores[i].nats == doctest::Approx(nats).epsilon(1e-12));
        CHECK(scores[i].is_best == (expected_best(model, history) == token));
        sum += nats;
        best += scores[i].is_best;
      }
      const double n = static_cast<double>(scores.size());
      for (const auto& score : scores) squares += (score.nats - sum / n) * (score.nats - sum / n);
      CHECK(result.tokens == count - first);
      CHECK(result.nats == doctest::Approx(sum).epsilon(1e-12));
      CHECK(result.nats_per_token == doctest::Approx(sum / n).epsilon(1e-12));
      CHECK(result.perplexity() == doctest::Approx(std::exp(sum / n)).epsilon(1e-12));
      CHECK(result.top1_accuracy == doctest::Approx(best / n));
      CHECK(result.standard_error ==
            doctest::Approx(n > 1 ? std::sqrt(squares / (n - 1) / n) : 0.0).epsilon(1e-9));
      CHECK_FALSE(result.bits_per_byte.has_value());
      REQUIRE_FALSE(progress.empty());
      CHECK(progress.back() == count - first);
      CHECK(std::is_sorted(progress.begin(), progress.end()));
    }
}

TEST_CASE("only rows that score something compute logits, a bounded number at a time") {
  Team team(1);
  FormulaModel model;
  const auto tokens = varied_tokens(500, 11);
  score_perplexity(model, {.tokens = tokens}, {.windows = {.context = 400, .stride = 100}}, team);
  // The first window reads 399 rows and scores all; the second scores its last 100 tokens.
  const std::vector<FormulaModel::Pass> expected{{128, 128, 0},  {128, 128, 128}, {128, 128, 256},
                                                 {15, 15, 384},  {128, 0, 0},     {128, 0, 128},
                                                 {128, 85, 256}, {15, 15, 384}};
  CHECK(model.passes == expected);
}

TEST_CASE("bits a byte count the bytes of the scored tokens alone") {
  Team team(1);
  FormulaModel model;
  const auto tokens = varied_tokens(40, 11);
  std::vector<std::int32_t> bytes;
  for (std::int32_t i = 0; i < 40; ++i) bytes.push_back(1 + i % 4);
  const auto result = score_perplexity(model, {.tokens = tokens, .bytes = bytes},
                                       {.windows = {.context = 16, .max_tokens = 30}}, team);
  std::int64_t expected_bytes = 0;
  for (std::size_t i = 1; i < 30; ++i) expected_bytes += bytes[i];
  CHECK(result.tokens == 29);
  CHECK(result.bytes == expected_bytes);
  REQUIRE(result.bits_per_byte.has_value());
  CHECK(*result.bits_per_byte ==
        doctest::Approx(result.nats / std::log(2.0) / static_cast<double>(expected_bytes)));
}

TEST_CASE("a model that knows nothing scores log of its vocabulary, with no error") {
  Team team(1);
  FormulaModel model(50, 0.0);
  const auto result = score_perplexity(model, {.tokens = varied_tokens(100, 50)}, {}, team);
  CHECK(result.nats_per_token == doctest::Approx(std::log(50.0)).epsilon(1e-14));
  CHECK(result.standard_error < 1e-12);
  CHECK(result.perplexity() == doctest::Approx(50.0));
}

TEST_CASE("the team's size changes no bit, and a callback can stop the scoring") {
  FormulaModel model;
  const auto tokens = varied_tokens(200, 11);
  Team one(1), three(3);
  const PerplexityOptions options{.windows = {.context = 50, .stride = 20}};
  CHECK(score_perplexity(model, {.tokens = tokens}, options, one).nats ==
        score_perplexity(model, {.tokens = tokens}, options, three).nats);
  struct Stop {};
  CHECK_THROWS_AS(score_perplexity(model, {.tokens = tokens}, options, one,
                                   {.progress = [](std::int64_t, std::int64_t) { throw Stop(); }}),
                  Stop);
}

TEST_SUITE_END();
