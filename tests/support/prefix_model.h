#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace tenon::test {

/// A language model small enough to enumerate: a table of random next-token logits by prefix, for
/// every text of up to `longest` tokens. Not a LanguageModel: no state, no passes.
class PrefixModel {
 public:
  PrefixModel(std::int32_t vocab, std::size_t longest, std::uint64_t seed, float spread)
      : vocab_(vocab) {
    std::size_t prefixes = 0, of_length = 1;
    for (std::size_t length = 0; length <= longest; ++length, of_length *= vocab_)
      prefixes += of_length;
    logits_.resize(prefixes * vocab_);
    const RandomStream random(seed, "prefix model");
    for (std::size_t i = 0; i < logits_.size(); ++i)
      logits_[i] = spread * static_cast<float>(random.normal(i));
  }

  /// weight * the other's logits + own ones: a draft model that is right in part.
  void mix(const PrefixModel& other, float weight) {
    for (std::size_t i = 0; i < logits_.size(); ++i) logits_[i] += weight * other.logits_[i];
  }

  std::int32_t vocab() const { return static_cast<std::int32_t>(vocab_); }
  /// A number for every prefix, 0 for the empty one: digits 1 .. vocab in base vocab.
  std::size_t index_of(std::span<const std::int32_t> prefix) const {
    std::size_t index = 0;
    for (const std::int32_t token : prefix)
      index = index * vocab_ + static_cast<std::size_t>(token) + 1;
    return index;
  }
  std::size_t prefixes() const { return logits_.size() / vocab_; }
  std::span<const float> logits_after(std::span<const std::int32_t> prefix) const {
    return std::span(logits_).subspan(index_of(prefix) * vocab_, vocab_);
  }

 private:
  std::size_t vocab_;
  std::vector<float> logits_;
};

}  // namespace tenon::test
