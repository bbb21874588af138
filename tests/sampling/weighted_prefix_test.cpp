#include "sampling/weighted_prefix.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"
#include "sampling/draw.h"
#include "sampling/softmax.h"
#include "sampling/top_k.h"
#include "sampling/top_p.h"
#include "sampling/typical_p.h"

using namespace tenon;
using namespace tenon::sampling;

namespace {

// Flat, peaked, with ties, banned tokens and some beyond every bucket.
std::vector<float> logits_of(std::size_t vocab, double spread, std::uint64_t which) {
  const RandomStream stream(3, "logits", which);
  std::vector<float> logits(vocab);
  for (std::size_t i = 0; i < vocab; ++i) {
    const double value = spread * stream.normal(i);
    logits[i] = static_cast<float>(which % 2 == 0 ? value : std::round(4 * value) / 4);
    if (i % 97 == 5) logits[i] = -INFINITY;
    if (i % 89 == 7) logits[i] = -300.0f;
  }
  return logits;
}

std::vector<std::int32_t> tokens_of(const Candidates& candidates) {
  std::vector<std::int32_t> tokens;
  for (const Candidate& item : candidates.items) tokens.push_back(item.token);
  std::sort(tokens.begin(), tokens.end());
  return tokens;
}

template <typename Check>
void for_every_case(const Check& check) {
  for (const std::size_t vocab : {2u, 63u, 64u, 65u, 5000u})
    for (const double spread : {0.0, 0.5, 2.0, 8.0})
      for (std::uint64_t which = 0; which < 4; ++which) {
        CAPTURE(vocab);
        CAPTURE(spread);
        CAPTURE(which);
        const std::vector<float> logits = logits_of(vocab, spread, which);
        check(apply_temperature(logits, which < 2 ? 0.8 : 1.7));
      }
}

}  // namespace

TEST_SUITE("weighted prefix") {
  TEST_CASE("the nucleus of a vocabulary is that of the list of all its tokens") {
    for_every_case([](const TemperedLogits& logits) {
      for (const double top_p : {0.01, 0.5, 0.9, 0.999}) {
        Candidates list = candidates_from(
            logits, -HUGE_VAL, exp_sum(logits.logits, logits.greatest, logits.temperature));
        keep_nucleus(list, top_p);
        const Candidates nucleus = nucleus_of(logits, top_p);
        CHECK(tokens_of(nucleus) == tokens_of(list));
        CHECK(nucleus.mass == doctest::Approx(list.mass).epsilon(1e-12));
      }
    });
  }

  TEST_CASE("the typical tokens of a vocabulary are those of the list of all its tokens") {
    for_every_case([](const TemperedLogits& logits) {
      // Of a flat distribution half may be reached exactly, or missed by a rounding that differs.
      for (const double typical_p : {0.01, 0.503, 0.95}) {
        Candidates list = candidates_from(
            logits, -HUGE_VAL, exp_sum(logits.logits, logits.greatest, logits.temperature));
        keep_typical(list, typical_p);
        CHECK(tokens_of(typical_of(logits, typical_p)) == tokens_of(list));
      }
    });
  }

  TEST_CASE("a draw of many candidates over the vocabulary is the draw of their list") {
    for_every_case([](const TemperedLogits& logits) {
      for (const Candidates& candidates :
           {typical_of(logits, 0.6), nucleus_of(logits, 0.9), keep_top_k(logits, 40)})
        for (std::uint64_t position = 0; position < 20; ++position) {
          const RandomStream noise(9, "gumbel", 1, position);
          CHECK(draw(candidates, logits, noise) == draw(candidates, noise));
        }
    });
  }
}
