#pragma once

#include "speculative/drafters/drafter.h"

namespace tenon::speculative {

struct PromptLookupOptions {
  std::int32_t shortest_match = 2;  // tokens, 1 or more
  std::int32_t longest_match = 8;   // longer ones are not preferred
};

/// Prompt lookup (Saxena 2023): finds the longest earlier match of the last tokens, of equal ones the
/// latest, and copies what followed it: a chain. Where the copy reaches the end of the text it goes on
/// with its own beginning, so that a repetition is drafted at any length.
class PromptLookup : public Drafter {
 public:
  explicit PromptLookup(const PromptLookupOptions& options = {});
  std::string_view name() const override { return "lookup"; }
  TokenTree propose(const ProposalRequest& request) override;
  void observe(const Observation&) override {}  // the text is all it needs

 private:
  PromptLookupOptions options_;
};

}  // namespace tenon::speculative
