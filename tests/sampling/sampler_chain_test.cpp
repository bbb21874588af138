#include "sampling/sampler_chain.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "base/error.h"
#include "base/random.h"

using namespace tenon;
using namespace tenon::sampling;
using Json = nlohmann::json;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
// Own exp against torch's: a few units in the last place of a double.
constexpr double kProbabilityTolerance = 1e-13;

SamplingOptions options_of(const Json& json) {
  SamplingOptions options;
  options.temperature = json.value("temperature", options.temperature);
  options.top_k = json.value("top_k", options.top_k);
  options.typical_p = json.value("typical_p", options.typical_p);
  options.top_p = json.value("top_p", options.top_p);
  options.min_p = json.value("min_p", options.min_p);
  options.repeat_penalty = json.value("repeat_penalty", options.repeat_penalty);
  options.presence_penalty = json.value("presence_penalty", options.presence_penalty);
  options.frequency_penalty = json.value("frequency_penalty", options.frequency_penalty);
  options.penalty_window = json.value("penalty_window", options.penalty_window);
  for (const Json& bias : json.value("logit_bias", Json::array()))
    options.logit_bias.emplace_back(bias[0].get<std::int32_t>(),
                                    bias[1].is_string() ? -kInfinity : bias[1].get<double>());
  return options;
}

std::vector<float> random_logits(std::size_t vocab, unsigned seed, float spread) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0.0f, spread);
  std::vector<float> logits(vocab);
  for (float& logit : logits) logit = normal(generator);
  return logits;
}

/// The definition: every token's noise, no shortcut.
std::int32_t drawn_by_definition(const std::vector<double>& probabilities, std::uint64_t seed,
                                 std::uint64_t sequence, std::uint64_t position) {
  const RandomStream noise(seed, "gumbel", sequence, position);
  double best = -HUGE_VAL;
  std::int32_t winner = -1;
  for (std::size_t token = 0; token < probabilities.size(); ++token) {
    if (probabilities[token] == 0.0) continue;
    const double result = std::log(probabilities[token]) + noise.gumbel(token);
    if (result > best) best = result, winner = static_cast<std::int32_t>(token);
  }
  return winner;
}

/// Pearson's statistic of `counts` against `probabilities`, in standard deviations above its mean.
double chi_square_excess(const std::vector<double>& counts,
                         const std::vector<double>& probabilities) {
  double total = 0.0;
  for (const double count : counts) total += count;
  double statistic = 0.0, freedom = -1.0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (probabilities[i] == 0.0) {
      if (counts[i] > 0) return HUGE_VAL;
      continue;
    }
    const double expected = total * probabilities[i];
    statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
    freedom += 1.0;
  }
  return freedom < 1.0 ? 0.0 : (statistic - freedom) / std::sqrt(2.0 * freedom);
}

}  // namespace

TEST_SUITE_BEGIN("sampling");

TEST_CASE("every distribution equals that of the logits processors of transformers") {
  // scripts/oracles/sampling.py: transformers 5.24.0, torch 2.15.0
  std::ifstream file(TENON_SOURCE_DIR "/tests/data/sampling/distributions.json");
  REQUIRE(file);
  const Json data = Json::parse(file);
  const auto context = data["context"].get<std::vector<std::int32_t>>();
  REQUIRE(data["cases"].size() >= 30);
  for (const Json& test : data["cases"]) {
    CAPTURE(test["name"].get<std::string>());
    const auto logits = data["logits"][test["logits"].get<std::string>()].get<std::vector<float>>();
    std::vector<double> expected(logits.size(), 0.0);
    for (const Json& pair : test["probabilities"]) expected[pair[0].get<std::size_t>()] = pair[1];

    const SamplerChain chain(options_of(test["options"]));
    const std::vector<double> probabilities = chain.distribution(logits, context);
    REQUIRE(probabilities.size() == expected.size());
    double sum = 0.0, worst = 0.0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      // What is cut must be cut exactly, the rest agree to rounding.
      REQUIRE((probabilities[i] == 0.0) == (expected[i] == 0.0));
      worst = std::max(worst, std::abs(probabilities[i] - expected[i]));
      sum += probabilities[i];
    }
    CHECK(worst < kProbabilityTolerance);
    CHECK(std::abs(sum - 1.0) < kProbabilityTolerance);
    // And draw() draws from just that distribution, with the noise of its definition.
    for (std::uint64_t position = 0; position < 300; ++position)
      REQUIRE(chain.draw(logits, context, 3, position) ==
              drawn_by_definition(probabilities, 0, 3, position));
  }
}

TEST_CASE("draws follow the distribution") {
  const std::vector<float> logits = random_logits(24, 5, 1.5f);
  for (const SamplingOptions& options :
       {SamplingOptions{.temperature = 1.0}, SamplingOptions{.temperature = 0.7, .top_k = 10},
        SamplingOptions{.temperature = 1.3, .top_p = 0.9, .min_p = 0.05},
        SamplingOptions{.temperature = 1.0, .typical_p = 0.8}}) {
    const SamplerChain chain(options);
    CAPTURE(chain.description());
    const std::vector<double> probabilities = chain.distribution(logits, {});
    std::vector<double> counts(logits.size(), 0.0);
    for (std::uint64_t position = 0; position < 200000; ++position)
      counts[static_cast<std::size_t>(chain.draw(logits, {}, 0, position))] += 1.0;
    CHECK(chi_square_excess(counts, probabilities) < 4.0);
    // The test can fail: 1 % of the mass moved from all to the least probable kept token is seen.
    std::vector<double> wrong = probabilities;
    for (double& p : wrong) p *= 0.99;
    *std::min_element(wrong.begin(), wrong.end(), [](double a, double b) {
      return (a > 0 ? a : 1.0) < (b > 0 ? b : 1.0);
    }) += 0.01;
    CHECK(chi_square_excess(counts, wrong) > 6.0);
  }
}

TEST_CASE("draws at neighbouring positions, samples and seeds are independent") {
  const std::vector<float> logits = random_logits(6, 8, 1.0f);
  const std::vector<double> p = SamplerChain({.temperature = 1.0}).distribution(logits, {});
  std::vector<double> pairs;
  for (const double first : p)
    for (const double second : p) pairs.push_back(first * second);
  const auto excess = [&](auto second_draw) {
    std::vector<double> counts(pairs.size(), 0.0);
    const SamplerChain chain({.temperature = 1.0, .seed = 11});
    for (std::uint64_t position = 0; position < 100000; ++position) {
      const auto first = static_cast<std::size_t>(chain.draw(logits, {}, 4, position));
      counts[first * p.size() + static_cast<std::size_t>(second_draw(position))] += 1.0;
    }
    return chi_square_excess(counts, pairs);
  };
  const SamplerChain same({.temperature = 1.0, .seed = 11}), next({.temperature = 1.0, .seed = 12});
  CHECK(excess([&](auto position) { return same.draw(logits, {}, 4, position + 1); }) < 4.0);
  CHECK(excess([&](auto position) { return same.draw(logits, {}, 5, position); }) < 4.0);
  CHECK(excess([&](auto position) { return next.draw(logits, {}, 4, position); }) < 4.0);
  CHECK(excess([&](auto position) { return same.draw(logits, {}, 4, position); }) > 100.0);
}

TEST_CASE("passing over noise that cannot win never changes a draw") {
  for (const std::size_t vocab : {1u, 15u, 511u, 512u, 513u, 4099u}) {
    for (const float spread : {0.0f, 0.5f, 3.0f, 30.0f}) {
      std::vector<float> logits = random_logits(vocab, 31, spread);
      if (vocab > 20) logits[3] = -kInfinity;
      for (const double temperature : {1e-310, 1e-3, 0.7, 1.0, 5.0, 1e6}) {
        const SamplerChain chain({.temperature = temperature, .seed = 5});
        for (std::uint64_t position = 0; position < 12; ++position) {
          const RandomStream noise(5, "gumbel", 2, position);
          float greatest = -kInfinity;
          for (const float logit : logits) greatest = std::max(greatest, logit);
          double best = -HUGE_VAL;
          std::int32_t winner = -1;
          for (std::size_t token = 0; token < vocab; ++token) {
            const double result =
                (static_cast<double>(logits[token]) - greatest) / temperature + noise.gumbel(token);
            if (result > best) best = result, winner = static_cast<std::int32_t>(token);
          }
          REQUIRE(chain.draw(logits, {}, 2, position) == winner);
        }
      }
    }
  }
}

TEST_CASE("a cut that spares the winner does not change the draw") {
  const std::vector<float> logits = random_logits(500, 77, 2.0f);
  const SamplerChain all({.temperature = 1.0});
  int compared = 0;
  for (const SamplingOptions& options : {SamplingOptions{.temperature = 1.0, .top_k = 60},
                                         SamplingOptions{.temperature = 1.0, .top_p = 0.9},
                                         SamplingOptions{.temperature = 1.0, .min_p = 0.01},
                                         SamplingOptions{.temperature = 1.0, .typical_p = 0.9}}) {
    const SamplerChain cut(options);
    const std::vector<double> probabilities = cut.distribution(logits, {});
    for (std::uint64_t position = 0; position < 500; ++position) {
      const std::int32_t token = all.draw(logits, {}, 0, position);
      if (probabilities[static_cast<std::size_t>(token)] == 0.0) continue;
      ++compared;
      REQUIRE(cut.draw(logits, {}, 0, position) == token);
    }
  }
  CHECK(compared > 1000);
}

TEST_CASE(
    "temperature 0 takes the greatest logit after bias and penalties, the lowest id of equals") {
  const std::vector<float> logits = {1.0f, 4.0f, 2.0f, 4.0f, -kInfinity};
  const std::vector<std::int32_t> context = {1, 1, 0};
  CHECK(SamplerChain({}).draw(logits, context, 0, 0) == 1);
  CHECK(SamplerChain({.repeat_penalty = 1.5}).draw(logits, context, 0, 0) == 3);
  CHECK(SamplerChain({.logit_bias = {{2, 2.0}}}).draw(logits, context, 0, 0) == 1);
  CHECK(SamplerChain({.logit_bias = {{2, 2.5}}}).draw(logits, context, 0, 0) == 2);
  CHECK(SamplerChain({.logit_bias = {{1, -HUGE_VAL}, {3, -HUGE_VAL}}}).draw(logits, {}, 0, 0) == 2);
  CHECK(SamplerChain({}).distribution(logits, {}) == std::vector<double>{0, 1, 0, 0, 0});
}

TEST_CASE("equal probabilities at the border of a cut are kept by id") {
  const std::vector<float> logits = {0.0f, 1.0f, 1.0f, 1.0f, 1.0f, -1.0f};
  const auto kept = [&](const SamplingOptions& options) {
    std::vector<std::size_t> ids;
    const std::vector<double> p = SamplerChain(options).distribution(logits, {});
    for (std::size_t i = 0; i < p.size(); ++i)
      if (p[i] > 0) ids.push_back(i);
    return ids;
  };
  CHECK(kept({.temperature = 1.0, .top_k = 2}) == std::vector<std::size_t>{1, 2});
  CHECK(kept({.temperature = 1.0, .top_p = 0.5}) == std::vector<std::size_t>{1, 2, 3});
  CHECK(kept({.temperature = 1.0, .min_p = 1.0}) == std::vector<std::size_t>{1, 2, 3, 4});
}

TEST_CASE("log-probabilities are those of the unmodified distribution, in double") {
  const std::vector<float> logits = {1.0f, 3.0f, 2.0f, 3.0f, -kInfinity, -200.0f};
  // mpmath, 30 digits: log(e^1 + 2 e^3 + e^2 + e^-200) = 3.91662210...
  const double total = std::log(std::exp(-2.0) + 2.0 + std::exp(-1.0));
  CHECK(log_probability(logits, 0) == doctest::Approx(-2.0 - total).epsilon(1e-15));
  CHECK(log_probability(logits, 5) == doctest::Approx(-203.0 - total).epsilon(1e-15));
  CHECK(log_probability(logits, 4) == -HUGE_VAL);
  const auto top = top_log_probabilities(logits, 3);
  REQUIRE(top.size() == 3);
  CHECK(top[0].token == 1);
  CHECK(top[1].token == 3);
  CHECK(top[2].token == 2);
  for (const TokenProbability& entry : top)
    CHECK(entry.log_probability == log_probability(logits, entry.token));
  CHECK(top_log_probabilities(logits, 100).size() == 5);  // -infinity cannot come
  CHECK(top_log_probabilities(logits, 0).empty());

  // A vocabulary of many vectors and an odd rest, against long double.
  const std::vector<float> many = random_logits(50001, 9, 4.0f);
  long double sum = 0.0L;
  for (const float logit : many) sum += std::exp(static_cast<long double>(logit));
  const double expected = static_cast<double>(many[77] - std::log(sum));
  CHECK(std::abs(log_probability(many, 77) - expected) < 1e-14);
}

TEST_CASE("logits no distribution can be made of are refused, naming the token") {
  const auto message = [](std::vector<float> logits) {
    try {
      SamplerChain({.temperature = 1.0}).draw(logits, {}, 0, 0);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::Input);
      return error.message();
    }
    return std::string();
  };
  std::vector<float> logits(40, 0.5f);
  CHECK(message(logits).empty());
  logits[33] = std::nanf("");
  CHECK(message(logits) == "the logit of token 33 is not a number");
  logits[33] = kInfinity;
  CHECK(message(logits) == "the logit of token 33 is infinite");
  CHECK(message(std::vector<float>(3, -kInfinity)) == "every token has a logit of -infinity");
  CHECK(message({}) == "there are no logits to draw from");
  CHECK_THROWS_WITH_AS(SamplerChain({.logit_bias = {{40, 1.0}}}).draw(logits, {}, 0, 0),
                       "the logit bias names token 40, the last of this vocabulary is 39", Error);
}

TEST_CASE("the description lists the active steps in the order of the chain") {
  CHECK(SamplerChain({}).description() == "greedy");
  CHECK(SamplerChain({.repeat_penalty = 1.1}).description() ==
        "penalties(repeat 1.1, last 64) → greedy");
  CHECK(
      SamplerChain({.temperature = 0.8,
                    .top_k = 40,
                    .typical_p = 0.97,
                    .top_p = 0.95,
                    .min_p = 0.05,
                    .presence_penalty = 0.5,
                    .frequency_penalty = 0.25,
                    .penalty_window = 0,
                    .logit_bias = {{1, 1.0}},
                    .seed = 7})
          .description() ==
      "logit-bias(1 token) → penalties(presence 0.5, frequency 0.25, all tokens) → "
      "temperature(0.8) → top-k(40) → typical-p(0.97) → top-p(0.95) → min-p(0.05) → draw(seed 7)");
}

TEST_SUITE_END();
