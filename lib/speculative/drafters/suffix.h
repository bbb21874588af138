#pragma once

#include "speculative/drafters/drafter.h"
#include "speculative/drafters/suffix_automaton.h"

namespace tenon::speculative {

struct SuffixOptions {
  std::int32_t longest_match = 32;  // tokens
  std::int32_t shortest_match = 1;
  double least_path = 0.02;  // paths less probable than this are not drafted
};

/// Drafts what followed the last tokens before, in the prompt, in the answer and in texts given
/// beforehand: the longest suffix that occurred earlier, its continuations weighted by their counts,
/// mixed with those of shorter suffixes (Hu et al. 2024, SAM-Decoding, arXiv:2411.10666; Oliaro et al.
/// 2024, SuffixDecoding, arXiv:2411.04975; the mixture is Witten and Bell 1991's method C).
class Suffix : public Drafter {
 public:
  explicit Suffix(const SuffixOptions& options = {});
  std::string_view name() const override { return "suffix"; }
  /// Learns a text of its own, before the prompt is observed.
  void learn(std::span<const std::int32_t> tokens);
  TokenTree propose(const ProposalRequest& request) override;
  void observe(const Observation& observation) override;

 private:
  SuffixOptions options_;
  SuffixAutomaton automaton_;
};

}  // namespace tenon::speculative
