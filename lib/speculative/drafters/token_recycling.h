#pragma once

#include <vector>

#include "speculative/drafters/drafter.h"

namespace tenon::speculative {

struct TokenRecyclingOptions {
  std::int32_t candidates = 8;  // successors kept of a token
  double least_path = 0.02;     // paths less probable than this are not drafted
};

/// Token recycling (Luo et al. 2024, arXiv:2408.08696): a matrix of every token's likeliest successors,
/// from the logits of the last row that held it, accepted or not; a tree grown from the root over the
/// matrix. The passes have paid for these logits already. vocab * candidates * 8 bytes.
class TokenRecycling : public Drafter {
 public:
  explicit TokenRecycling(std::int64_t vocab, const TokenRecyclingOptions& options = {});
  std::string_view name() const override { return "recycle"; }
  TokenTree propose(const ProposalRequest& request) override;
  void observe(const Observation& observation) override;

 private:
  struct Successor {
    std::int32_t token = -1;  // -1: none
    float probability = 0.0f;
  };
  std::span<Successor> successors(std::int32_t token);
  void remember(std::int32_t token, std::span<const float> logits);

  TokenRecyclingOptions options_;
  std::vector<Successor> matrix_;  // [vocab, candidates]
};

}  // namespace tenon::speculative
