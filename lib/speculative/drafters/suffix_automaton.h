#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace tenon::speculative {

/// A suffix automaton of token texts, grown token by token (Blumer et al. 1985; the online
/// construction): every distinct part of the texts is a walk from the root, and parts that end at
/// the same places share a state. Counts how often parts of up to `longest + 1` tokens occur.
///
/// Amortised constant time a token but for the counts, which cost up to longest + 1 steps. At most two
/// states a token.
class SuffixAutomaton {
 public:
  using StateId = std::int32_t;
  static constexpr StateId kRoot = 0;
  /// Stands between texts; never a continuation.
  static constexpr std::int32_t kBoundary = -1;

  /// `longest`: tokens of a match at most, 1 or more.
  explicit SuffixAutomaton(std::int32_t longest);

  void append(std::int32_t token);
  void append(std::span<const std::int32_t> tokens);
  std::size_t length() const { return length_; }

  /// The state of the longest suffix of the texts, of at most `longest` tokens, that occurs elsewhere
  /// too; kRoot where none does.
  StateId match() const;
  /// How long that suffix is at most.
  std::int32_t match_length(StateId state) const;

  struct Child {
    std::int32_t token = 0;
    std::int64_t count = 0;
    StateId state = kRoot;  // after the token, cut to `longest` tokens
  };
  /// What followed the parts of `state` and how often, by token id.
  std::vector<Child> children(StateId state) const;
  /// The state of the longest shorter suffix with other ends.
  StateId shorter(StateId state) const { return at(state).link; }

 private:
  struct State {
    std::vector<std::pair<std::int32_t, StateId>> next;  // by token
    StateId link = -1;
    std::int32_t length = 0;  // of its longest part
    std::int64_t count = 0;   // occurrences; kept while link.length <= longest
  };
  const State& at(StateId state) const { return states_[static_cast<std::size_t>(state)]; }
  State& at(StateId state) { return states_[static_cast<std::size_t>(state)]; }
  StateId find(StateId from, std::int32_t token) const;  // -1: none
  void set(StateId from, std::int32_t token, StateId to);
  StateId add_state(State state);
  void extend(std::int32_t token);
  /// The suffix of `state` that has at most `length` tokens.
  StateId cut(StateId state, std::int32_t length) const;

  std::int32_t longest_;
  std::vector<State> states_;
  StateId last_ = kRoot;     // of the whole text
  StateId counted_ = kRoot;  // of its last longest + 1 tokens
  std::size_t length_ = 0;
};

}  // namespace tenon::speculative
