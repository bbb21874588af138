#pragma once

#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "models/language/language_model.h"

namespace tenon::test {

/// A language model whose logits are a formula of the tokens it has seen, so that a test can say
/// what any score must be. Keeps count of what is asked of it.
class FormulaModel : public models::LanguageModel {
 public:
  explicit FormulaModel(std::int64_t vocab = 11, double sharpness = 1.0) : sharpness_(sharpness) {
    info_.architecture = "formula";
    info_.vocab = vocab;
    info_.bytes_read_per_pass = 1000;
  }

  /// The logit of `token` behind `history`.
  float logit(const std::vector<std::int32_t>& history, std::int32_t token) const {
    double phase = 0.3 * token * token;
    for (std::size_t i = 0; i < history.size(); ++i)
      phase += 0.7 * history[i] * static_cast<double>(i % 7 + 1);
    const bool follows = token == (history.back() + 1) % info_.vocab;
    return static_cast<float>(sharpness_ * (3.0 * std::cos(phase) + (follows ? 1.5 : 0.0)));
  }

  const models::LanguageModelInfo& info() const override { return info_; }
  std::unique_ptr<models::State> make_state(const models::StateOptions& options) const override {
    return std::make_unique<History>(options.context);
  }

  void forward(const models::Batch& batch, std::span<models::State* const> states, Team&,
               models::ForwardOutput& output) override {
    begin(output.profile);
    auto& history = dynamic_cast<History&>(*states[0]);
    history.check_ready(batch.size());
    output.vocab = info_.vocab;
    output.logit_rows = 0;
    for (const auto& row : batch) output.logit_rows += row.wants_logits ? 1 : 0;
    output.logits.reserve_discarding(static_cast<std::size_t>(output.logit_rows * info_.vocab));
    std::int64_t written = 0;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const std::int32_t expected_parent =
          i == 0 ? models::BatchRow::kAfterCommitted : static_cast<std::int32_t>(i) - 1;
      if (batch[i].parent != expected_parent || batch[i].sequence != 0)
        throw std::logic_error("the rows are no chain of sequence 0");
      history.pending_tokens.push_back(batch[i].token);
      if (!batch[i].wants_logits) continue;
      const auto seen = history.all();
      for (std::int32_t token = 0; token < info_.vocab; ++token)
        output.logits[static_cast<std::size_t>(written++)] = logit(seen, token);
    }
    passes.push_back(
        {static_cast<std::int64_t>(batch.size()), output.logit_rows, history.length()});
    if (on_forward) on_forward(static_cast<std::int64_t>(batch.size()));
    end(output.profile);
  }

  struct Pass {
    std::int64_t rows, logit_rows, depth;
    bool operator==(const Pass&) const = default;
  };
  std::vector<Pass> passes;
  std::function<void(std::int64_t rows)> on_forward;

 private:
  // One worker that multiplies all the time.
  static void begin(models::PassProfile* profile) {
    if (profile == nullptr) return;
    profile->begin(1);
    profile->timer(0).start(profile->clock());
  }
  static void end(models::PassProfile* profile) {
    if (profile == nullptr) return;
    profile->timer(0).lap(static_cast<int>(models::PassPart::GateUp));
    profile->end_region();
    profile->end();
  }

  struct History : models::State {
    explicit History(std::int64_t context) : context_(context) {}
    void check_ready(std::size_t rows) const {
      if (!pending_tokens.empty()) throw std::logic_error("rows are pending");
      if (context_ > 0 && static_cast<std::int64_t>(tokens.size() + rows) > context_)
        throw std::logic_error("the state is full");
    }
    std::vector<std::int32_t> all() const {
      std::vector<std::int32_t> result = tokens;
      result.insert(result.end(), pending_tokens.begin(), pending_tokens.end());
      return result;
    }
    std::int32_t length() const override { return static_cast<std::int32_t>(tokens.size()); }
    std::int32_t capacity() const override { return static_cast<std::int32_t>(context_); }
    std::int32_t pending() const override {
      return static_cast<std::int32_t>(pending_tokens.size());
    }
    void commit(std::span<const std::int32_t> path) override {
      if (!path.empty()) throw std::logic_error("a path is not expected");
      pending_tokens.clear();
    }
    void commit_all() override {
      tokens = all();
      pending_tokens.clear();
    }
    void truncate(std::int32_t length) override { tokens.resize(static_cast<std::size_t>(length)); }
    std::unique_ptr<State> fork(std::int32_t) const override { throw std::logic_error("fork"); }
    std::vector<std::byte> save(std::int32_t) const override { throw std::logic_error("save"); }
    void load(std::span<const std::byte>, std::int32_t) override { throw std::logic_error("load"); }
    std::size_t bytes() const override { return 0; }

    std::vector<std::int32_t> tokens, pending_tokens;
    std::int64_t context_;
  };

  models::LanguageModelInfo info_;
  double sharpness_;
};

/// `count` tokens below `vocab` that repeat nothing for long.
inline std::vector<std::int32_t> varied_tokens(std::size_t count, std::int32_t vocab) {
  std::vector<std::int32_t> tokens;
  for (std::size_t i = 0; i < count; ++i)
    tokens.push_back(
        static_cast<std::int32_t>((i * i * 5 + i / 3 + 7) % static_cast<std::size_t>(vocab)));
  return tokens;
}

/// What a window of the definition holds before text token `at`: the first window (k * stride, in
/// order of k) that reaches it, from its beginning, with the BOS token in front.
inline std::vector<std::int32_t> context_of(const std::vector<std::int32_t>& tokens,
                                            std::int64_t at, std::int64_t context,
                                            std::int64_t stride, std::optional<std::int32_t> bos) {
  const std::int64_t width = context - (bos ? 1 : 0);
  std::int64_t begin = 0;
  while (begin + width <= at) begin += stride;
  std::vector<std::int32_t> result;
  if (bos) result.push_back(*bos);
  result.insert(result.end(), tokens.begin() + begin, tokens.begin() + at);
  return result;
}

}  // namespace tenon::test
