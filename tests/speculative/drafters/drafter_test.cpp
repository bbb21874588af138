// Every drafter in the loop of a generator: with a real forward pass the bytes and log-probabilities of
// plain decoding, with a model small enough to enumerate its law.
#include "speculative/drafters/drafter.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "base/error.h"
#include "kernels/kernels.h"
#include "speculative/drafters/combination.h"
#include "speculative/drafters/draft_model.h"
#include "speculative/drafters/prompt_lookup.h"
#include "speculative/drafters/suffix.h"
#include "speculative/drafters/token_recycling.h"
#include "speculative/exactness.h"
#include "support/tiny_llama.h"

using namespace tenon;
using namespace tenon::speculative;
using namespace tenon::test;
using sampling::SamplerChain;
using sampling::SamplingOptions;
using Ints = std::vector<std::int32_t>;

namespace {

struct Subject {
  Team team{1};
  TinyLlama target = make(1), draft = make(2);

  TinyLlama make(std::uint64_t seed) {
    return make_tiny_llama(tiny_llama_config(), {.seed = seed},
                           {.kernels = &kernels::select_kernels("auto")}, team);
  }
  std::int64_t vocab() const { return target.model->info().vocab; }
};

std::unique_ptr<Drafter> make_drafter(const std::string& name, Subject& subject,
                                      const SamplerChain& chain) {
  if (name == "lookup")
    return std::make_unique<PromptLookup>(PromptLookupOptions{.shortest_match = 1});
  if (name == "suffix") return std::make_unique<Suffix>();
  if (name == "recycle") return std::make_unique<TokenRecycling>(subject.vocab());
  // The target as its own draft model: every draft comes true.
  if (name == "itself")
    return std::make_unique<DraftModel>(*subject.target.model, subject.vocab(), chain,
                                        subject.team);
  if (name == "model")
    return std::make_unique<DraftModel>(*subject.draft.model, subject.vocab(), chain, subject.team);
  std::vector<std::unique_ptr<Drafter>> all;
  for (const char* each : {"lookup", "suffix", "recycle", "model"})
    all.push_back(make_drafter(each, subject, chain));
  return std::make_unique<Combination>(std::move(all), DraftLength(std::vector<double>(32, 1.0)));
}

struct Written {
  Ints answer;
  std::vector<double> log_probabilities;
  std::int64_t passes = 0;
};

constexpr std::size_t kAnswer = 40;

/// A generator's loop over several sequences in one pass; a null drafter decodes plainly.
std::vector<Written> write(Subject& subject, const SamplerChain& chain, const Verification& rule,
                           const std::string& drafter, const ProposalLimits& limits) {
  const Ints prompts[] = {{5, 6, 7, 5, 6}, {9, 2, 9, 2, 9, 2}};
  struct Running {
    Ints text;
    std::unique_ptr<models::State> state;
    std::unique_ptr<Drafter> drafter;
    TokenTree tree;
    std::int32_t first_row = 0;
    std::size_t prompt = 0;
    Written written;
  };
  std::vector<Running> all;
  models::ForwardOutput output;
  for (const Ints& prompt : prompts) {
    Running& one = all.emplace_back();
    one.text = prompt;
    one.prompt = prompt.size();
    one.state = subject.target.model->make_state({});
    one.drafter = drafter.empty() ? nullptr : make_drafter(drafter, subject, chain);
    models::Batch batch;  // all but the root
    models::append_chain(batch, 0, std::span(prompt).first(prompt.size() - 1));
    models::State* const states[] = {one.state.get()};
    subject.target.model->forward(batch, states, subject.team, output);
    one.state->commit_all();
    if (one.drafter) one.drafter->observe({one.text, one.text.size(), nullptr, {}, {}});
  }
  for (bool is_running = true; is_running;) {
    models::Batch batch;
    std::vector<models::State*> states;
    for (std::size_t i = 0; i < all.size(); ++i) {
      Running& one = all[i];
      one.tree = one.drafter ? one.drafter->propose({one.text, i, limits}) : TokenTree();
      CHECK(one.tree.size() <= limits.nodes);
      one.first_row = one.tree.append_rows(batch, static_cast<std::int32_t>(i), one.text.back());
      states.push_back(one.state.get());
    }
    subject.target.model->forward(batch, states, subject.team, output);
    is_running = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
      Running& one = all[i];
      const auto vocab = static_cast<std::size_t>(subject.vocab());
      const std::span<const float> logits(
          output.logits.data() + static_cast<std::size_t>(one.first_row) * vocab,
          (static_cast<std::size_t>(one.tree.size()) + 1) * vocab);
      const Draft draft{one.tree, logits, one.text, i};
      const Verdict verdict = rule.accept(draft, chain);
      for (std::size_t k = 0; k < verdict.tokens.size(); ++k)
        one.written.log_probabilities.push_back(sampling::log_probability(
            draft.logits_after(k == 0 ? TokenTree::kRoot : verdict.path[k - 1]),
            verdict.tokens[k]));
      one.state->commit(TokenTree::rows_to_commit(one.first_row, verdict.path));
      one.text.insert(one.text.end(), verdict.tokens.begin(), verdict.tokens.end());
      if (one.drafter)
        one.drafter->observe({one.text, verdict.tokens.size(), &one.tree, logits, {}});
      ++one.written.passes;
      if (one.text.size() < one.prompt + kAnswer) is_running = true;
    }
  }
  std::vector<Written> result;
  for (Running& one : all) {
    one.written.answer.assign(one.text.begin() + static_cast<std::ptrdiff_t>(one.prompt),
                              one.text.begin() + static_cast<std::ptrdiff_t>(one.prompt + kAnswer));
    one.written.log_probabilities.resize(kAnswer);
    result.push_back(std::move(one.written));
  }
  return result;
}

SamplingOptions options_at(double temperature) {
  SamplingOptions options;
  options.temperature = temperature;
  options.seed = 11;
  options.presence_penalty = temperature == 0.0 ? 0.0 : 0.3;
  if (temperature > 0.0) options.top_p = 0.9;
  return options;
}

}  // namespace

TEST_CASE("every drafter, chain or tree, leaves bytes and log-probabilities as they are") {
  Subject subject;
  const auto rule = make_verification("coupled");
  for (const double temperature : {0.0, 0.7, 1.3}) {
    const SamplerChain chain(options_at(temperature));
    const auto plain = write(subject, chain, *rule, "", {});
    for (const char* name : {"lookup", "suffix", "recycle", "model", "itself", "combination"})
      for (const std::int32_t children : {1, 3}) {
        CAPTURE(temperature);
        CAPTURE(name);
        CAPTURE(children);
        const auto drafted =
            write(subject, chain, *rule, name, {.nodes = 12, .depth = 4, .children = children});
        for (std::size_t i = 0; i < plain.size(); ++i) {
          CHECK(drafted[i].answer == plain[i].answer);
          CHECK(drafted[i].log_probabilities == plain[i].log_probabilities);
          // Four accepted and one drawn a pass: nothing is refused by its own twin.
          if (std::string(name) == "itself") CHECK(drafted[i].passes <= 9);
        }
      }
  }
}

TEST_CASE("drafters without training keep the law under rejection") {
  constexpr std::int64_t kDraws = 8000;
  const PrefixModel model(kVocab, kLength - 1 + kDeepest, 1, 1.3f);
  Subject subject;
  SamplingOptions options;
  options.temperature = 1.3;
  options.seed = 5;
  const SamplerChain chain(options);
  const auto law = enumerate(model, chain);
  for (const char* name : {"lookup", "suffix", "recycle"}) {
    std::vector<std::int64_t> counts(text_count(), 0);
    const auto rule = make_verification("rejection");
    for (std::uint64_t i = 0; i < kDraws; ++i) {
      const auto drafter = name == std::string("recycle") ? std::make_unique<TokenRecycling>(kVocab)
                                                          : make_drafter(name, subject, chain);
      drafter->observe({kPrompt, kPrompt.size(), nullptr, {}, {}});
      std::size_t length = kPrompt.size();
      const auto text = speculate(
          model, chain, *rule,
          [&](const Step& step) {
            return drafter->propose({step.text, i, {.nodes = 6, .depth = kDeepest, .children = 3}});
          },
          i,
          [&](const Draft& draft, const Verdict&) {
            drafter->observe(
                {draft.text, draft.text.size() - length, &draft.tree, draft.logits, {}});
            length = draft.text.size();
          });
      ++counts[text_number(text)];
    }
    INFO(name);
    const Comparison result = compare(counts, law);
    CHECK(result.p_value > 1e-5);
    CHECK(result.total_variation < result.variation_bound);
  }
}

TEST_CASE("a draft model of another vocabulary is refused, and refused drafts are computed once") {
  Subject subject;
  const SamplerChain chain(options_at(0.0));
  CHECK_THROWS_AS(DraftModel(*subject.draft.model, 99, chain, subject.team), Error);
  DraftModel drafter(*subject.draft.model, subject.vocab(), chain, subject.team);
  const Ints text = {1, 2, 3, 4};
  const ProposalLimits limits = {.nodes = 3, .depth = 3, .children = 1};
  const TokenTree first = drafter.propose({text, 0, limits});
  CHECK(drafter.rows_computed() == 4 + 2);
  const TokenTree again = drafter.propose({text, 0, limits});
  CHECK(drafter.rows_computed() == 6 + 3);
  CHECK(again.tokens_to(2) == first.tokens_to(2));
}
