#include "speculative/drafters/suffix.h"

#include <algorithm>
#include <vector>

#include "speculative/drafters/best_first.h"

namespace tenon::speculative {

namespace {

using Next = Continuation<SuffixAutomaton::StateId>;

/// Shorter suffixes that have a say, and children that are looked at: enough for a tree of 31 nodes.
constexpr int kLevels = 3;
constexpr std::size_t kMostChildren = 16;

/// The children of `state`; what it leaves to the unseen goes to those of shorter suffixes.
std::vector<Next> continuations(const SuffixAutomaton& automaton, SuffixAutomaton::StateId state) {
  std::vector<Next> result;
  double left = 1.0;
  for (int level = 0; level < kLevels && state != SuffixAutomaton::kRoot;
       ++level, state = automaton.shorter(state)) {
    const std::vector<SuffixAutomaton::Child> children = automaton.children(state);
    double total = 0.0;
    for (const auto& child : children) total += static_cast<double>(child.count);
    const double scale = left / (total + static_cast<double>(children.size()));
    for (const auto& child : children) {
      const double share = static_cast<double>(child.count) * scale;
      const auto known = std::find_if(result.begin(), result.end(),
                                      [&](const Next& n) { return n.token == child.token; });
      if (known != result.end())
        known->probability += share;
      else if (result.size() < kMostChildren || level == 0)
        result.push_back({child.token, share, child.state});
    }
    if (!children.empty())
      left *= static_cast<double>(children.size()) / (total + static_cast<double>(children.size()));
    // The best stay, so that a suffix with thousands of continuations costs the next level little.
    std::stable_sort(result.begin(), result.end(),
                     [](const Next& a, const Next& b) { return a.probability > b.probability; });
    if (result.size() > kMostChildren) result.resize(kMostChildren);
  }
  return result;
}

}  // namespace

Suffix::Suffix(const SuffixOptions& options)
    : options_(options), automaton_(options.longest_match) {}

void Suffix::learn(std::span<const std::int32_t> tokens) {
  automaton_.append(tokens);
  automaton_.append(SuffixAutomaton::kBoundary);
}

TokenTree Suffix::propose(const ProposalRequest& request) {
  const SuffixAutomaton::StateId match = automaton_.match();
  if (automaton_.match_length(match) < options_.shortest_match) return {};
  return grow_best_first(
      match, request.limits, options_.least_path,
      [this](SuffixAutomaton::StateId state) { return continuations(automaton_, state); });
}

void Suffix::observe(const Observation& observation) {
  automaton_.append(observation.text.last(observation.appended));
}

}  // namespace tenon::speculative
