#include "speculative/verification/coupled.h"

namespace tenon::speculative {

Verdict Coupled::accept(const Draft& draft, const sampling::SamplerChain& chain) const {
  Verdict verdict;
  std::vector<std::int32_t> text(draft.text.begin(), draft.text.end());
  std::int32_t node = TokenTree::kRoot;
  while (true) {
    const std::int32_t token =
        chain.draw(draft.logits_after(node), text, draft.sequence, text.size());
    verdict.tokens.push_back(token);
    const auto child = draft.tree.child_with(node, token);
    if (!child) return verdict;
    verdict.path.push_back(*child);
    text.push_back(token);
    node = *child;
  }
}

}  // namespace tenon::speculative
