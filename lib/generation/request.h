#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sampling/sampler_chain.h"

namespace tenon::generation {

/// How to continue a prompt.
struct RequestSettings {
  sampling::SamplingOptions sampling;
  std::int64_t max_tokens = 512;  // of the answer; 0: the prompt is computed and nothing drawn
  std::vector<std::string> stop_texts;  // the answer ends in front of the first of them
  std::int64_t logprobs = 0;  // alternatives listed a token; 0: no log-probabilities at all
  std::int64_t samples = 1;   // answers to the same prompt, with noise of their own

  /// Throws Error(Usage) naming the setting that is out of range or has no effect.
  void validate(
      sampling::SamplingOptions::Naming naming = sampling::SamplingOptions::Naming::Flags) const;
};

struct Request {
  std::vector<std::int32_t> prompt;
  RequestSettings settings;
};

/// Why an answer ended.
enum class Finish {
  Stop,      // the model drew a token that ends the text
  StopText,  // a stop text was met
  Length,    // max_tokens
  Context,   // no position is left
};
std::string_view finish_name(Finish finish);  // "stop", "stop-text", "length", "context"

/// A token of an answer with log-probabilities of the model's own distribution, before bias, penalties,
/// temperature and cuts.
struct TokenDetail {
  std::int32_t token = 0;
  double log_probability = 0.0;
  std::vector<sampling::TokenProbability> top;  // the most probable tokens there
};

struct Completion {
  std::size_t request = 0;           // place of the request, from 0
  std::int64_t sample = 0;           // from 0
  std::string text;                  // valid UTF-8: other bytes are U+FFFD
  std::vector<std::int32_t> tokens;  // drawn, without the token that ended the text
  std::vector<TokenDetail> details;  // one a token, if asked for
  std::int64_t prompt_tokens = 0;
  Finish finish = Finish::Stop;
  std::string stop_text;  // the one that was met
};

}  // namespace tenon::generation
