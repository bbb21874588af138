#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/team.h"
#include "generation/request.h"
#include "models/language/language_model.h"
#include "text/tokenizer.h"

namespace tenon::generation {

/// Where requests come from, in order.
class RequestSource {
 public:
  enum class Status {
    Ready,   // `request` was filled
    NotYet,  // nothing there now; only where may_wait is false
    End,
  };
  virtual ~RequestSource() = default;
  /// Throws Error for a request that cannot be read; the call after that goes on with the next one.
  virtual Status next(bool may_wait, Request& request) = 0;
};

/// Told of what happens, strictly in the order of the requests and their samples: all of one answer before
/// anything of the next. What a function throws ends the run.
class GenerationObserver {
 public:
  virtual ~GenerationObserver() = default;
  /// A further piece of an answer's text.
  virtual void text(std::size_t request, std::int64_t sample, std::string_view piece) = 0;
  virtual void completed(const Completion& completion) = 0;
  virtual void failed(std::size_t request, const Error& error) = 0;
};

struct GeneratorOptions {
  std::int64_t context = 4096;        // most tokens of a prompt and its answer together
  models::StateOptions state;         // of the states that are made
  int parallel = 1;                   // answers that grow at the same time
  int prompt_rows = 512;              // most prompt tokens in one pass
  bool shares_prefixes = true;        // compute a common beginning of prompts once
  bool stops_at_failure = true;       // take no further request once one has failed
  std::function<double()> clock;      // seconds; without it the counts hold no times
  std::function<void()> before_pass;  // called before every pass, may throw to end the run
};

/// What a run has done.
struct GenerationCounts {
  std::int64_t requests = 0;  // taken from the source
  std::int64_t completions = 0;
  std::int64_t failures = 0;
  std::int64_t prompt_tokens = 0;  // of all prompts, a sample counting once
  std::int64_t reused_tokens = 0;  // of those, taken from another prompt's state
  std::int64_t completion_tokens = 0;
  std::int64_t passes = 0;
  std::int64_t prompt_rows = 0;      // computed
  std::int64_t generation_rows = 0;  // computed: every drawn token that another one follows
  /// Seconds of the passes and draws, shared out by rows where a pass had rows of both kinds.
  double prompt_seconds = 0.0;
  double generation_seconds = 0.0;
};

/// A computed beginning of prompts.
struct Prefix {
  std::vector<std::int32_t> tokens;
  std::unique_ptr<models::State> state;  // holds at least tokens.size() positions
};

/// Runs requests over one model, up to `parallel` answers sharing each pass: when one ends, the next
/// request takes its place. Prompts are computed in chunks beside answers that already grow.
///
/// A prompt that begins like another one (running, or done and not yet replaced) continues from a copy of
/// its state; one that begins like a prompt still being computed waits for it. By row invariance neither
/// this nor `parallel` changes a bit of any answer.
class Generator {
 public:
  Generator(models::LanguageModel& model, const text::Tokenizer& tokenizer, Team& team,
            GeneratorOptions options);
  ~Generator();

  /// A prefix that prompts may begin with, from a saved state; stays for all runs.
  void add_prefix(Prefix prefix);
  GenerationCounts run(RequestSource& source, GenerationObserver& observer);
  /// The state of exactly `prompt`, as far as the last run left it: for a prompt that was the last in its
  /// place always. Null where it is gone.
  std::unique_ptr<models::State> take_state(std::span<const std::int32_t> prompt);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// Refuses what no run can answer: Error(Input) for a prompt without a token, longer than `context` (both
/// lengths named), or with a token outside the vocabulary, Error(Usage) for a bias on such a token.
void check_request(const Request& request, std::int64_t context, std::int64_t vocab);

}  // namespace tenon::generation
