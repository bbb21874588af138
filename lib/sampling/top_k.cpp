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

}  // namespace

Candidates keep_top_k(const TemperedLogits& logits, std::int64_t k) {
  const std::size_t count = std::min(logits.logits.size(), static_cast<std::size_t>(k));
  std::vector<Entry> heap;  // the lowest of those kept in front
  heap.reserve(count);
  float least = -std::numeric_limits<float>::infinity();
  for (std::size_t token = 0; token < logits.logits.size(); ++token) {
    // Strictly above: of equals the lower id stays, and ids rise.
    if (!(logits.logits[token] > least)) continue;
    if (heap.size() == count) {
      std::pop_heap(heap.begin(), heap.end(), ranks_higher);
      heap.pop_back();
    }
    heap.push_back({logits.logits[token], static_cast<std::int32_t>(token)});
    std::push_heap(heap.begin(), heap.end(), ranks_higher);
    if (heap.size() == count) least = heap.front().logit;
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
