#include "speculative/drafters/suffix_automaton.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace tenon::speculative {

SuffixAutomaton::SuffixAutomaton(std::int32_t longest) : longest_(longest) {
  TENON_CHECK(longest >= 1 && longest < std::numeric_limits<std::int32_t>::max());
  states_.emplace_back();
}

SuffixAutomaton::StateId SuffixAutomaton::find(StateId from, std::int32_t token) const {
  const auto& next = at(from).next;
  const auto found =
      std::lower_bound(next.begin(), next.end(), token,
                       [](const auto& edge, std::int32_t t) { return edge.first < t; });
  return found != next.end() && found->first == token ? found->second : -1;
}

void SuffixAutomaton::set(StateId from, std::int32_t token, StateId to) {
  auto& next = at(from).next;
  const auto found =
      std::lower_bound(next.begin(), next.end(), token,
                       [](const auto& edge, std::int32_t t) { return edge.first < t; });
  if (found != next.end() && found->first == token)
    found->second = to;
  else
    next.insert(found, {token, to});
}

SuffixAutomaton::StateId SuffixAutomaton::add_state(State state) {
  if (states_.size() >= static_cast<std::size_t>(std::numeric_limits<StateId>::max()))
    throw Error(ErrorKind::Resource, "the texts to draft from have too many tokens for one index")
        .hint("give fewer or shorter ones: about a thousand million tokens fit");
  states_.push_back(std::move(state));
  return static_cast<StateId>(states_.size()) - 1;
}

SuffixAutomaton::StateId SuffixAutomaton::cut(StateId state, std::int32_t length) const {
  while (state != kRoot && at(at(state).link).length >= length) state = at(state).link;
  return state;
}

void SuffixAutomaton::extend(std::int32_t token) {
  const StateId current = add_state({.next = {}, .link = kRoot, .length = at(last_).length + 1});
  StateId p = last_;
  for (; p != -1 && find(p, token) == -1; p = at(p).link) set(p, token, current);
  if (p != -1) {
    const StateId q = find(p, token);
    if (at(p).length + 1 == at(q).length) {
      at(current).link = q;
    } else {
      // The parts of q that are short enough to end here too become a state of their own.
      State split = at(q);
      split.length = at(p).length + 1;
      const StateId clone = add_state(std::move(split));
      for (; p != -1 && find(p, token) == q; p = at(p).link) set(p, token, clone);
      at(q).link = at(current).link = clone;
    }
  }
  last_ = current;
}

void SuffixAutomaton::append(std::int32_t token) {
  extend(token);
  ++length_;
  // First cut again: the state may have been split.
  counted_ = cut(find(cut(counted_, longest_ + 1), token), longest_ + 1);
  for (StateId state = counted_; state != kRoot; state = at(state).link) ++at(state).count;
}

void SuffixAutomaton::append(std::span<const std::int32_t> tokens) {
  for (const std::int32_t token : tokens) append(token);
}

SuffixAutomaton::StateId SuffixAutomaton::match() const {
  StateId state = cut(counted_, longest_);
  while (state != kRoot && at(state).count < 2) state = at(state).link;
  return state;
}

std::int32_t SuffixAutomaton::match_length(StateId state) const {
  return std::min(at(state).length, longest_);
}

std::vector<SuffixAutomaton::Child> SuffixAutomaton::children(StateId state) const {
  std::vector<Child> result;
  for (const auto& [token, next] : at(state).next)
    if (token != kBoundary) result.push_back({token, at(next).count, cut(next, longest_)});
  return result;
}

}  // namespace tenon::speculative
