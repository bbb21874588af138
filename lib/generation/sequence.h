#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "generation/request.h"
#include "generation/stop_text.h"
#include "models/language/language_model.h"
#include "sampling/sampler_chain.h"
#include "text/tokenizer.h"

namespace tenon::generation {

/// One answer while it grows: the tokens of prompt and answer, and the text that is certain so far. It
/// knows nothing of passes and states: logits go in, text comes out.
class Sequence {
 public:
  /// `context`: most tokens of prompt and answer together.
  Sequence(std::shared_ptr<const Request> request, std::size_t request_index, std::int64_t sample,
           const text::Tokenizer& tokenizer, std::int64_t context);

  const Request& request() const { return *request_; }
  /// Prompt and answer.
  const std::vector<std::int32_t>& tokens() const { return tokens_; }
  bool is_finished() const { return is_finished_; }

  /// Draws the token after the last from the logits there. The noise is keyed by the sample's number and the
  /// token's position in its own text, whatever runs beside it.
  void advance(std::span<const float> logits);

  /// The text so far; complete once is_finished().
  const std::string& text() const { return completion_.text; }
  const Completion& completion() const { return completion_; }

 private:
  bool ends_by_limit();
  void end(Finish finish);

  std::shared_ptr<const Request> request_;
  const text::Tokenizer& tokenizer_;
  std::int64_t context_;
  sampling::SamplerChain sampler_;
  StopText stop_text_;
  text::Utf8Stream utf8_;
  std::vector<std::int32_t> tokens_;
  Completion completion_;
  bool is_finished_ = false;
};

}  // namespace tenon::generation
