#include "sampling/draw.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <vector>

#include "sampling/softmax.h"

namespace tenon::sampling {

namespace {

/// An upper bound of exp(x), within 7 %, x <= 80: the line through neighbouring powers of two,
/// which is what an integer written into a float's exponent and fraction gives, lies above the
/// curve.
[[gnu::always_inline]] inline float exp_upper_bound(float x) {
  constexpr float kLog2E = 1.44269504f;
  // Room for every rounding on the way here (scores up to 126 in float32: 2e-5).
  constexpr float kSlack = 1e-3f;
  const float power = x * kLog2E + kSlack;
  const float clamped = power > -126.0f ? power : -126.0f;
  return std::bit_cast<float>(static_cast<std::int32_t>((clamped + 127.0f) * 0x1p23f));
}

/// Whether a draw with these leading bits could lift a token that is `lead` ahead of the best result so
/// far (usually negative) above it: noise > -lead means -log(u) < exp(lead), and -log(u) >= 1 - u, of
/// which the leading bits give a lower bound.
[[gnu::always_inline]] inline bool could_win(float lead, std::uint32_t leading_bits) {
  const auto below_one =
      static_cast<float>(static_cast<std::int32_t>(~leading_bits >> 1)) * 0x1p-31f;
  return below_one < exp_upper_bound(lead);
}

/// A part of the vocabulary, and which of it could beat `best`.
struct Block {
  static constexpr std::size_t kSize = 512;
  const float* logits = nullptr;
  std::size_t size = 0;
  std::array<std::uint32_t, kSize> leading_bits;
  std::array<std::uint8_t, kSize> is_in;
};

[[gnu::always_inline]] inline void mark_lanes(Block& block, float greatest, float scale,
                                              float best) {
  for (std::size_t i = 0; i < block.size; ++i)
    block.is_in[i] =
        could_win((block.logits[i] - greatest) * scale - best, block.leading_bits[i]) ? 1 : 0;
}

#if defined(__x86_64__)
#if defined(__clang__)
#define TENON_TARGET_AVX512 "avx512f"
#else
#define TENON_TARGET_AVX512 "avx512f,prefer-vector-width=512"
#endif
[[gnu::target("avx2")]] void mark_avx2(Block& block, float greatest, float scale, float best) {
  mark_lanes(block, greatest, scale, best);
}
[[gnu::target(TENON_TARGET_AVX512)]] void mark_avx512(Block& block, float greatest, float scale,
                                                      float best) {
  mark_lanes(block, greatest, scale, best);
}
#endif

void mark_possible_winners(Block& block, float greatest, float scale, float best) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return mark_avx512(block, greatest, scale, best);
  if (__builtin_cpu_supports("avx2")) return mark_avx2(block, greatest, scale, best);
#endif
  mark_lanes(block, greatest, scale, best);
}

std::uint64_t load_eight(const std::uint8_t* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// The best of the tokens seen so far.
class Race {
 public:
  explicit Race(const RandomStream& noise) : noise_(noise) {}

  double best() const { return best_; }
  std::int32_t winner() const { return winner_; }

  void enter(std::int32_t token, double score) {
    const double result = score + noise_.gumbel(static_cast<std::uint64_t>(token));
    if (result < best_ || (result == best_ && token >= winner_)) return;
    best_ = result;
    winner_ = token;
  }

 private:
  const RandomStream& noise_;
  double best_ = -std::numeric_limits<double>::infinity();
  std::int32_t winner_ = std::numeric_limits<std::int32_t>::max();
};

}  // namespace

std::int32_t most_probable(std::span<const float> logits) {
  return static_cast<std::int32_t>(first_of(logits, greatest_logit(logits)));
}

namespace {

// `first` is a token of a high score.
std::int32_t draw_over(const TemperedLogits& logits, std::int32_t first,
                       const RandomStream& noise) {
  Race race(noise);
  // A probable token first: its result is a bar that most others cannot reach.
  race.enter(first, logits.score_of(first));

  Block block;
  // A temperature so small that its inverse leaves float32 is bounded by a larger one.
  const auto scale = static_cast<float>(std::min(1.0 / logits.temperature, 1e30));
  for (std::size_t begin = 0; begin < logits.logits.size(); begin += Block::kSize) {
    block.logits = logits.logits.data() + begin;
    block.size = std::min(Block::kSize, logits.logits.size() - begin);
    noise.high_words(begin, std::span(block.leading_bits).first(block.size));
    mark_possible_winners(block, logits.greatest, scale, static_cast<float>(race.best()));
    // Almost none is in: step over them eight at a time.
    for (std::size_t i = 0; i < block.size; ++i) {
      while (i + 8 <= block.size && load_eight(block.is_in.data() + i) == 0) i += 8;
      if (i < block.size && block.is_in[i] != 0)
        race.enter(static_cast<std::int32_t>(begin + i), logits.score(block.logits[i]));
    }
  }
  return race.winner();
}

}  // namespace

std::int32_t draw(const TemperedLogits& logits, const RandomStream& noise) {
  return draw_over(logits, static_cast<std::int32_t>(first_of(logits.logits, logits.greatest)),
                   noise);
}

std::int32_t draw(const Candidates& candidates, const RandomStream& noise) {
  Race race(noise);
  for (const Candidate& item : candidates.items) {
    const auto leading_bits =
        static_cast<std::uint32_t>(noise.bits(static_cast<std::uint64_t>(item.token)) >> 32);
    const auto lead = static_cast<float>(item.score - race.best());
    // Before the first entry the lead is infinite.
    if (lead > 80.0f || could_win(lead, leading_bits)) race.enter(item.token, item.score);
  }
  return race.winner();
}

std::int32_t draw(const Candidates& candidates, const TemperedLogits& logits,
                  const RandomStream& noise) {
  // Leading bits of many draws come in vectors, over the whole vocabulary: worth it from here on.
  constexpr std::size_t kVectorGain = 10;
  if (candidates.items.size() * kVectorGain < logits.logits.size()) return draw(candidates, noise);
  static thread_local std::vector<float> kept;
  kept.assign(logits.logits.size(), -std::numeric_limits<float>::infinity());
  const Candidate* first = &candidates.items.front();
  for (const Candidate& item : candidates.items) {
    const auto token = static_cast<std::size_t>(item.token);
    kept[token] = logits.logits[token];
    if (item.score > first->score) first = &item;
  }
  return draw_over({kept, logits.greatest, logits.temperature}, first->token, noise);
}

}  // namespace tenon::sampling
