#include "sampling/top_k.h"

#include <algorithm>
#include <limits>

namespace tenon::sampling {

namespace {

struct Entry {
  float logit;
  std::int32_t token;
};

// As comes_before, by logit: a temperature keeps the order but may round two logits to one score.
bool ranks_higher(const Entry& a, const Entry& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
}

// Without a branch, so that it becomes vectors.
bool has_above(std::span<const float> logits, float least) {
  std::int32_t is_any = 0;
  for (const float logit : logits) is_any |= logit > least;
  return is_any != 0;
}

}  // namespace

Candidates keep_top_k(const TemperedLogits& logits, std::int64_t k) {
  const std::size_t count = std::min(logits.logits.size(), static_cast<std::size_t>(k));
  std::vector<Entry> heap;  // the lowest of those kept in front
  heap.reserve(count);
  float least = -std::numeric_limits<float>::infinity();
  const auto offer = [&](std::size_t token) {
    // Strictly above: of equals the lower id stays, and ids rise.
    if (!(logits.logits[token] > least)) return;
    if (heap.size() == count) {
      std::pop_heap(heap.begin(), heap.end(), ranks_higher);
      heap.pop_back();
    }
    heap.push_back({logits.logits[token], static_cast<std::int32_t>(token)});
    std::push_heap(heap.begin(), heap.end(), ranks_higher);
    if (heap.size() == count) least = heap.front().logit;
  };
  // The bar rises: after a while almost every block is below it as a whole.
  constexpr std::size_t kBlock = 64;
  for (std::size_t begin = 0; begin < logits.logits.size(); begin += kBlock) {
    const auto block = logits.logits.subspan(begin, std::min(kBlock, logits.logits.size() - begin));
    if (!has_above(block, least)) continue;
    for (std::size_t i = 0; i < block.size(); ++i) offer(begin + i);
  }
  std::sort_heap(heap.begin(), heap.end(), ranks_higher);

  Candidates candidates;
  candidates.items.reserve(heap.size());
  for (const Entry& entry : heap)
    candidates.items.push_back({entry.token, logits.score(entry.logit)});
  candidates.mass = mass_of(candidates.items);
  return candidates;
}

}  // namespace tenon::sampling
