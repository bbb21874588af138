#include "speculative/drafters/prompt_lookup.h"

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace tenon::speculative {

namespace {

struct Match {
  std::size_t length = 0;
  std::size_t end = 0;  // of the earlier occurrence, exclusive
};

Match longest_match(std::span<const std::int32_t> text, std::size_t longest) {
  Match best;
  for (std::size_t end = text.size() - 1; end > 0 && best.length < longest; --end) {
    std::size_t length = 0;
    while (length < std::min(longest, end) &&
           text[end - 1 - length] == text[text.size() - 1 - length])
      ++length;
    if (length > best.length) best = {length, end};
  }
  return best;
}

}  // namespace

PromptLookup::PromptLookup(const PromptLookupOptions& options) : options_(options) {
  TENON_CHECK(options.shortest_match >= 1 && options.longest_match >= options.shortest_match);
}

TokenTree PromptLookup::propose(const ProposalRequest& request) {
  TokenTree tree;
  if (request.text.size() < 2 || request.limits.children < 1) return tree;
  const Match match = longest_match(request.text, static_cast<std::size_t>(options_.longest_match));
  if (match.length < static_cast<std::size_t>(options_.shortest_match)) return tree;
  const auto length = static_cast<double>(match.length);
  std::vector<std::int32_t> copied;
  const std::int32_t count = std::min(request.limits.nodes, request.limits.depth);
  for (std::int32_t i = 0; i < count; ++i) {
    const std::size_t from = match.end + static_cast<std::size_t>(i);
    copied.push_back(from < request.text.size() ? request.text[from]
                                                : copied[from - request.text.size()]);
    tree.add(i - 1, copied.back(), length / (length + 1.0));
  }
  return tree;
}

}  // namespace tenon::speculative
