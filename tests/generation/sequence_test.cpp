#include "generation/sequence.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "generation/fake_model.h"
#include "generation/generator.h"
#include "generation/recorder.h"
#include "sampling/sampler_chain.h"

using namespace tenon;
using namespace tenon::generation;
using namespace tenon::generation::fake;

TEST_SUITE_BEGIN("generation");

TEST_CASE("every reason to end is told apart") {
  FakeModel model;
  FakeTokenizer tokenizer;
  Team team(1);
  const std::vector<std::int32_t> prompt = {1, 2, 3};
  // h e l l o, then the end
  std::vector<std::int32_t> text = prompt;
  for (const std::int32_t token : {7, 4, 11, 11, 14, kEnd}) {
    model.scripted[text] = token;
    text.push_back(token);
  }
  const auto run = [&](RequestSettings settings, std::int64_t context = 100) {
    Request request{prompt, settings};
    ListSource source({request});
    Recorder recorder;
    Generator(model, tokenizer, team, {.context = context}).run(source, recorder);
    REQUIRE(recorder.completions.size() == 1);
    return recorder.completions[0];
  };
  Completion stop = run({});
  CHECK(stop.text == "hello");
  CHECK(stop.finish == Finish::Stop);
  CHECK(stop.tokens == std::vector<std::int32_t>{7, 4, 11, 11, 14});

  Completion stop_text = run({.stop_texts = {"lo", "x"}});
  CHECK(stop_text.text == "hel");
  CHECK(stop_text.finish == Finish::StopText);
  CHECK(stop_text.stop_text == "lo");
  CHECK(stop_text.tokens.size() == 5);  // the ids that were drawn, uncut

  Completion length = run({.max_tokens = 2});
  CHECK(length.text == "he");
  CHECK(length.finish == Finish::Length);
  Completion none = run({.max_tokens = 0});
  CHECK(none.text.empty());
  CHECK(none.finish == Finish::Length);

  Completion context = run({}, 6);
  CHECK(context.text == "hel");
  CHECK(context.finish == Finish::Context);
  CHECK(run({}, 3).tokens.empty());
  // What may have become a stop text is shown when it does not.
  CHECK(run({.max_tokens = 3, .stop_texts = {"lly"}}).text == "hel");
  CHECK(run({.stop_texts = {"oh"}}).text == "hello");
}

TEST_CASE("half a character is never shown, and replaced where it stays half") {
  FakeModel model;
  FakeTokenizer tokenizer;
  Team team(1);
  std::vector<std::int32_t> text = {0};
  for (const std::int32_t token : {28, 29, 28, 0, 28}) {  // é, half, a, half
    model.scripted[text] = token;
    text.push_back(token);
  }
  Request request{.prompt = {0}, .settings = {.max_tokens = 5}};
  ListSource source({request});
  struct Watching : Recorder {
    std::vector<std::string> pieces;
    void text(std::size_t request, std::int64_t sample, std::string_view piece) override {
      pieces.emplace_back(piece);
      Recorder::text(request, sample, piece);
    }
  } watching;
  Generator(model, tokenizer, team, {}).run(source, watching);
  CHECK(watching.pieces == std::vector<std::string>{"é",
                                                    "\xEF\xBF\xBD"
                                                    "a",
                                                    "\xEF\xBF\xBD"});
  CHECK(watching.completions[0].tokens == std::vector<std::int32_t>{28, 29, 28, 0, 28});
}

TEST_CASE("log-probabilities are those of the model, whatever the sampling") {
  FakeModel model;
  Request request{.prompt = {5, 6}, .settings = {.max_tokens = 6, .logprobs = 4}};
  request.settings.sampling = {.temperature = 0.5, .top_k = 3, .logit_bias = {{2, 1.0}}, .seed = 9};
  const Outcome outcome = generate({request});
  REQUIRE(outcome.completions.size() == 1);
  const Completion& completion = outcome.completions[0];
  REQUIRE(completion.details.size() == completion.tokens.size());
  std::vector<std::int32_t> text = request.prompt;
  for (std::size_t i = 0; i < completion.tokens.size(); ++i) {
    std::vector<float> logits(kVocab);
    model.write_logits(text, logits.data());
    const TokenDetail& detail = completion.details[i];
    CHECK(detail.token == completion.tokens[i]);
    CHECK(detail.log_probability == sampling::log_probability(logits, detail.token));
    REQUIRE(detail.top.size() == 4);
    CHECK(detail.top[0].token == std::max_element(logits.begin(), logits.end()) - logits.begin());
    text.push_back(completion.tokens[i]);
  }
}

TEST_SUITE_END();
