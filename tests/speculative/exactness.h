#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "sampling/sampler_chain.h"
#include "speculative/token_tree.h"
#include "speculative/verification/verification.h"
#include "support/prefix_model.h"

/// The law of texts made with speculation, counted and compared with enumeration.
namespace tenon::test {

using speculative::TokenTree;

inline constexpr std::int32_t kVocab = 5;
inline constexpr std::size_t kLength = 3;   // tokens of a text that is counted
inline constexpr std::size_t kDeepest = 2;  // of a draft
inline const std::vector<std::int32_t> kPrompt = {1, 3, 1};

inline std::size_t text_number(std::span<const std::int32_t> text) {
  std::size_t number = 0;
  for (std::size_t i = 0; i < kLength; ++i)
    number = number * kVocab + static_cast<std::size_t>(text[i]);
  return number;
}

inline std::size_t text_count() {
  return static_cast<std::size_t>(std::pow(kVocab, static_cast<double>(kLength)) + 0.5);
}

/// Every text of kLength tokens with the product of its tokens' probabilities.
inline std::vector<double> enumerate(const PrefixModel& model,
                                     const sampling::SamplerChain& chain) {
  std::vector<double> law(text_count(), 0.0);
  std::vector<std::int32_t> answer;
  const std::function<void(double)> extend = [&](double probability) {
    if (answer.size() == kLength) {
      law[text_number(answer)] = probability;
      return;
    }
    std::vector<std::int32_t> context = kPrompt;
    context.insert(context.end(), answer.begin(), answer.end());
    const auto next = chain.distribution(model.logits_after(answer), context);
    for (std::int32_t token = 0; token < kVocab; ++token) {
      answer.push_back(token);
      extend(probability * next[static_cast<std::size_t>(token)]);
      answer.pop_back();
    }
  };
  extend(1.0);
  return law;
}

/// What a proposer sees: the answer so far, and names for its noise.
struct Step {
  std::span<const std::int32_t> text;    // prompt and answer
  std::span<const std::int32_t> answer;  // without the prompt
  std::uint64_t sequence = 0;
};
using Proposer = std::function<TokenTree(const Step&)>;
/// Told of the text, the tree and the logits after each verdict.
using Observer = std::function<void(const speculative::Draft&, const speculative::Verdict&)>;

/// One text: propose, judge, append, until it is long enough.
inline std::vector<std::int32_t> speculate(const PrefixModel& model,
                                           const sampling::SamplerChain& chain,
                                           const speculative::Verification& rule,
                                           const Proposer& propose, std::uint64_t sequence,
                                           const Observer& observe = {}) {
  std::vector<std::int32_t> text = kPrompt;
  std::vector<float> logits;
  while (text.size() < kPrompt.size() + kLength) {
    const std::vector<std::int32_t> answer(
        text.begin() + static_cast<std::ptrdiff_t>(kPrompt.size()), text.end());
    const TokenTree tree = propose({text, answer, sequence});
    logits.clear();
    for (std::int32_t node = TokenTree::kRoot; node < tree.size(); ++node) {
      std::vector<std::int32_t> prefix = answer;
      for (const std::int32_t token : tree.tokens_to(node)) prefix.push_back(token);
      const auto row = model.logits_after(prefix);
      logits.insert(logits.end(), row.begin(), row.end());
    }
    const speculative::Draft draft{tree, logits, text, sequence};
    const speculative::Verdict verdict = rule.accept(draft, chain);
    text.insert(text.end(), verdict.tokens.begin(), verdict.tokens.end());
    if (observe) observe({tree, logits, text, sequence}, verdict);
  }
  return {text.begin() + static_cast<std::ptrdiff_t>(kPrompt.size()),
          text.begin() + static_cast<std::ptrdiff_t>(kPrompt.size() + kLength)};
}

/// The upper tail of the chi-square distribution: the regularised incomplete gamma function
/// Q(freedom / 2, x / 2), by series or continued fraction (Abramowitz and Stegun 6.5.29, 6.5.31).
inline double chi_square_tail(double x, double freedom) {
  const double a = freedom / 2, z = x / 2;
  if (z <= 0) return 1.0;
  const double scale = std::exp(-z + a * std::log(z) - std::lgamma(a));
  if (z < a + 1) {
    double term = 1 / a, sum = term;
    for (double n = a + 1; term > sum * 1e-16; n += 1) sum += term *= z / n;
    return 1 - sum * scale;
  }
  double b = z + 1 - a, c = 1e300, d = 1 / b, fraction = d;
  for (int i = 1; i < 10000; ++i) {
    const double step = -i * (i - a);
    b += 2;
    d = 1 / (step * d + b);
    c = b + step / c;
    fraction *= c * d;
    if (std::abs(c * d - 1) < 1e-15) break;
  }
  return scale * fraction;
}

struct Comparison {
  double p_value = 1.0;          // chi-square
  double total_variation = 0.0;  // of the counts from the law
  double variation_bound = 0.0;  // which chance exceeds once in a million
  std::int64_t impossible = 0;   // draws of texts that cannot come
};

/// Texts expected less than five times are counted as one cell.
inline Comparison compare(const std::vector<std::int64_t>& counts, const std::vector<double>& law) {
  Comparison result;
  const double draws =
      static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
  double chi_square = 0, rest_expected = 0, rest_count = 0, expected_variation = 0;
  int cells = 0;
  const auto add = [&](double count, double expected) {
    chi_square += (count - expected) * (count - expected) / expected;
    ++cells;
  };
  for (std::size_t text = 0; text < law.size(); ++text) {
    const double expected = draws * law[text], count = static_cast<double>(counts[text]);
    if (law[text] == 0.0) result.impossible += counts[text];
    result.total_variation += std::abs(count - expected) / draws / 2;
    // E|count - expected| is at most the standard deviation.
    expected_variation += std::sqrt(expected * (1 - law[text])) / draws / 2;
    if (expected >= 5) {
      add(count, expected);
    } else {
      rest_expected += expected;
      rest_count += count;
    }
  }
  if (rest_expected > 0) add(rest_count, rest_expected);
  result.p_value = cells > 1 ? chi_square_tail(chi_square, cells - 1) : 1.0;
  // McDiarmid: one draw moves the variation by 1 / draws at most.
  result.variation_bound = expected_variation + std::sqrt(std::log(1e6) / (2 * draws));
  return result;
}

}  // namespace tenon::test
