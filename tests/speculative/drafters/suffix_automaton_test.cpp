#include "speculative/drafters/suffix_automaton.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "base/random.h"

using namespace tenon;
using namespace tenon::speculative;
using Ints = std::vector<std::int32_t>;

namespace {

Ints random_text(std::uint64_t seed, std::size_t length, std::uint64_t alphabet) {
  const RandomStream random(seed, "suffix text");
  Ints text;
  for (std::size_t i = 0; i < length; ++i)
    text.push_back(static_cast<std::int32_t>(random.bits(i) % alphabet));
  return text;
}

bool occurs_at(const Ints& text, std::size_t at, const Ints& part) {
  return at + part.size() <= text.size() &&
         std::equal(part.begin(), part.end(), text.begin() + static_cast<std::ptrdiff_t>(at));
}

/// The longest suffix of at most `longest` tokens that occurs earlier, by looking everywhere.
Ints longest_repeated_suffix(const Ints& text, std::size_t longest) {
  for (std::size_t length = std::min(longest, text.size()); length > 0; --length) {
    const Ints suffix(text.end() - static_cast<std::ptrdiff_t>(length), text.end());
    for (std::size_t at = 0; at + length < text.size(); ++at)
      if (occurs_at(text, at, suffix)) return suffix;
  }
  return {};
}

std::map<std::int32_t, std::int64_t> followers(const Ints& text, const Ints& part) {
  std::map<std::int32_t, std::int64_t> counts;
  for (std::size_t at = 0; at + part.size() < text.size(); ++at)
    if (occurs_at(text, at, part)) ++counts[text[at + part.size()]];
  return counts;
}

std::map<std::int32_t, std::int64_t> counts_of(const SuffixAutomaton& automaton,
                                               SuffixAutomaton::StateId state) {
  std::map<std::int32_t, std::int64_t> counts;
  for (const auto& child : automaton.children(state)) counts[child.token] = child.count;
  return counts;
}

}  // namespace

TEST_CASE("matches, continuations and their counts are those that a search of the text finds") {
  for (const std::uint64_t alphabet : {1, 2, 3, 7})
    for (const std::int32_t longest : {1, 2, 5, 40}) {
      const Ints whole = random_text(alphabet, 120, alphabet);
      SuffixAutomaton automaton(longest);
      Ints text;
      for (const std::int32_t token : whole) {
        text.push_back(token);
        automaton.append(token);
        const Ints suffix = longest_repeated_suffix(text, static_cast<std::size_t>(longest));
        const SuffixAutomaton::StateId state = automaton.match();
        CAPTURE(text.size());
        REQUIRE((state == SuffixAutomaton::kRoot) == suffix.empty());
        if (suffix.empty()) continue;
        REQUIRE(automaton.match_length(state) == static_cast<std::int32_t>(suffix.size()));
        const auto expected = followers(text, suffix);
        REQUIRE(counts_of(automaton, state) == expected);
        // One token on, the suffix again cut to `longest`.
        for (const auto& child : automaton.children(state)) {
          Ints longer = suffix;
          longer.push_back(child.token);
          if (longer.size() > static_cast<std::size_t>(longest)) longer.erase(longer.begin());
          REQUIRE(counts_of(automaton, child.state) == followers(text, longer));
        }
      }
    }
}

TEST_CASE("a boundary between texts is no continuation") {
  SuffixAutomaton automaton(8);
  automaton.append(Ints{1, 2, 3});
  automaton.append(SuffixAutomaton::kBoundary);
  automaton.append(Ints{5, 2, 3});
  const auto state = automaton.match();
  CHECK(automaton.match_length(state) == 2);
  CHECK(automaton.children(state).empty());
  automaton.append(Ints{4, 1, 2, 3});
  CHECK(counts_of(automaton, automaton.match()).empty());  // 1 2 3, which ended its text
}

TEST_CASE("a long repetition is indexed in a moment") {
  SuffixAutomaton automaton(32);
  automaton.append(Ints(200'000, 6));
  CHECK(automaton.match_length(automaton.match()) == 32);
  CHECK(counts_of(automaton, automaton.match()) ==
        std::map<std::int32_t, std::int64_t>{{6, 200'000 - 32}});
}
