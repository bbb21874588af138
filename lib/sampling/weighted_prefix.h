#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "sampling/candidates.h"

namespace tenon::sampling {

/// Of a whole vocabulary, the smallest set of first tokens, by rising key(score), ties by id, whose
/// weights add up to at least `wanted`: all that can come where the total falls short. Keys are not
/// negative; a token of logit -infinity is never in.
///
/// Weights are summed in buckets of the key first, so that only the bucket in which the sum is
/// reached has to be sorted: three passes over the vocabulary, whatever its distribution. Keys from
/// kReach on share the last bucket; there the tokens of less than exp(-kReach) of the mass are.
/// Tokens whose logit is below `least` are passed over: the caller knows that none can be in.
template <typename Key>
Candidates weighted_prefix(const TemperedLogits& logits, std::span<const double> weights,
                           double wanted, float least, const Key& key) {
  constexpr std::size_t kBuckets = 2048;
  constexpr double kReach = 32.0;
  const auto bucket_of = [&](double score) {
    const double place = key(score) * (kBuckets / kReach);
    return place < kBuckets - 1 ? static_cast<std::size_t>(place) : kBuckets - 1;
  };
  static thread_local std::vector<std::uint16_t> buckets;
  buckets.resize(logits.logits.size());
  std::array<double, kBuckets> sums{};
  for_each_from(logits.logits, least, [&](std::size_t token) {
    const std::size_t bucket = bucket_of(logits.score(logits.logits[token]));
    buckets[token] = static_cast<std::uint16_t>(bucket);
    sums[bucket] += weights[token];
  });
  std::size_t last = 0;
  double mass = 0.0;
  while (last < kBuckets - 1 && mass + sums[last] < wanted) mass += sums[last++];

  struct Entry {
    double key;
    Candidate candidate;
  };
  // Whether a token is in is a coin toss to the processor: no branch on it.
  static thread_local std::vector<std::int32_t> inside, at_border;
  inside.resize(buckets.size());
  at_border.resize(buckets.size());
  std::size_t inside_count = 0, border_count = 0;
  for_each_from(logits.logits, least, [&](std::size_t token) {
    inside[inside_count] = at_border[border_count] = static_cast<std::int32_t>(token);
    inside_count += buckets[token] < last ? 1 : 0;
    border_count += buckets[token] == last ? 1 : 0;
  });
  Candidates result;
  result.items.reserve(inside_count + border_count);
  for (std::size_t i = 0; i < inside_count; ++i)
    result.items.push_back({inside[i], logits.score_of(inside[i])});
  std::vector<Entry> border;  // the bucket in which the sum is reached
  for (std::size_t i = 0; i < border_count; ++i) {
    const double score = logits.score_of(at_border[i]);
    border.push_back({key(score), {at_border[i], score}});
  }
  std::sort(border.begin(), border.end(), [](const Entry& a, const Entry& b) {
    return a.key != b.key ? a.key < b.key : a.candidate.token < b.candidate.token;
  });
  for (const Entry& entry : border) {
    if (mass >= wanted) break;
    mass += weights[static_cast<std::size_t>(entry.candidate.token)];
    result.items.push_back(entry.candidate);
  }
  result.mass = mass;
  return result;
}

}  // namespace tenon::sampling
