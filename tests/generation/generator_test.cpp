#include "generation/generator.h"

#include <doctest/doctest.h>

#include <random>

#include "generation/fake_model.h"
#include "generation/recorder.h"
#include "sampling/sampler_chain.h"

using namespace tenon;
using namespace tenon::generation;
using namespace tenon::generation::fake;

namespace {

bool same(const Completion& a, const Completion& b) {
  if (a.details.size() != b.details.size()) return false;
  for (std::size_t i = 0; i < a.details.size(); ++i) {
    const TokenDetail &x = a.details[i], &y = b.details[i];
    if (x.token != y.token || x.log_probability != y.log_probability ||
        x.top.size() != y.top.size())
      return false;
    for (std::size_t k = 0; k < x.top.size(); ++k)
      if (x.top[k].token != y.top[k].token || x.top[k].log_probability != y.top[k].log_probability)
        return false;
  }
  return a.sample == b.sample && a.text == b.text && a.tokens == b.tokens &&
         a.prompt_tokens == b.prompt_tokens && a.finish == b.finish && a.stop_text == b.stop_text;
}

}  // namespace

TEST_SUITE_BEGIN("generation");

TEST_CASE("an answer is what drawing from the model token by token gives") {
  FakeModel model;
  FakeTokenizer tokenizer;
  for (const double temperature : {0.0, 1.0}) {
    Request request;
    request.prompt = {7, 4, 11, 11, 14};
    request.settings.max_tokens = 40;
    request.settings.sampling = {.temperature = temperature, .seed = 5};
    request.settings.samples = temperature > 0 ? 2 : 1;
    const Outcome outcome = generate({request}, {.prompt_rows = 2});
    REQUIRE(outcome.completions.size() == static_cast<std::size_t>(request.settings.samples));
    for (const Completion& completion : outcome.completions) {
      std::vector<std::int32_t> text = request.prompt, answer;
      const sampling::SamplerChain sampler(request.settings.sampling);
      std::vector<float> logits(kVocab);
      while (answer.size() < 40) {
        model.write_logits(text, logits.data());
        const std::int32_t token =
            sampler.draw(logits, text, static_cast<std::uint64_t>(completion.sample), text.size());
        if (token == kEnd) break;
        text.push_back(token);
        answer.push_back(token);
      }
      CHECK(completion.tokens == answer);
      CHECK(completion.finish == (answer.size() == 40 ? Finish::Length : Finish::Stop));
      CHECK(completion.prompt_tokens == 5);
    }
  }
}

TEST_CASE(
    "answers are the same alone, together, with and without sharing, in any chunks and threads") {
  const std::vector<Request> requests = mixed_requests();
  std::vector<Completion> alone;
  std::int64_t rows_alone = 0;
  for (const Request& request : requests) {
    const Outcome outcome = generate({request}, {.shares_prefixes = false});
    rows_alone += outcome.rows;
    for (const Completion& completion : outcome.completions) alone.push_back(completion);
  }
  int texts = 0;
  for (const Completion& completion : alone) texts += completion.text.size() > 3;
  REQUIRE(texts > 10);  // the comparison is of something

  for (const int parallel : {1, 2, 4, 16}) {
    for (const bool shares : {false, true}) {
      for (const int prompt_rows : {1, 7, 512}) {
        CAPTURE(parallel);
        CAPTURE(shares);
        CAPTURE(prompt_rows);
        const Outcome outcome = generate(
            requests, {.parallel = parallel, .prompt_rows = prompt_rows, .shares_prefixes = shares},
            parallel > 2 ? 2 : 1);
        REQUIRE(outcome.completions.size() == alone.size());
        for (std::size_t i = 0; i < alone.size(); ++i)
          REQUIRE(same(outcome.completions[i], alone[i]));
        const auto& counts = outcome.counts;
        CHECK(outcome.rows == counts.prompt_rows + counts.generation_rows);
        CHECK(counts.prompt_rows == counts.prompt_tokens - counts.reused_tokens);
        if (shares) {
          CHECK(outcome.rows < rows_alone);
          CHECK(counts.reused_tokens > 0);
        } else {
          CHECK(outcome.rows == rows_alone);
          CHECK(counts.reused_tokens == 0);
        }
      }
    }
  }
}

TEST_CASE("a prefix that all prompts share is computed once, also when all start together") {
  std::mt19937 random(11);
  const auto document = random_tokens(random, 300);
  std::vector<Request> requests;
  for (int i = 0; i < 4; ++i) {
    Request request;
    request.prompt = document;
    request.prompt.push_back(i);
    request.prompt.push_back(25 - i);
    request.settings.max_tokens = 1;
    requests.push_back(request);
  }
  const Outcome outcome = generate(requests, {.parallel = 4, .prompt_rows = 100});
  CHECK(outcome.counts.prompt_rows == 300 + 4 * 2);
  CHECK(outcome.counts.reused_tokens == 3 * 300);

  // Samples of one prompt compute its last token each.
  Request request;
  request.prompt = document;
  request.settings = {.sampling = {.temperature = 1.0}, .max_tokens = 1, .samples = 5};
  CHECK(generate({request}, {.parallel = 5}).counts.prompt_rows == 299 + 5);
  CHECK(generate({request}, {.parallel = 1}).counts.prompt_rows == 299 + 5);
}

TEST_CASE("a short common beginning does not drive out a long computed prompt") {
  // One request at a time: documents a, b and again a, which have but their first tokens in common.
  struct OneByOne : ListSource {
    using ListSource::ListSource;
    Status next(bool may_wait, Request& request) override {
      return may_wait ? ListSource::next(may_wait, request) : Status::NotYet;
    }
  };
  std::mt19937 random(4);
  std::vector<Request> requests(3);
  for (Request& request : requests) {
    request.prompt = {1, 2, 3};
    request.settings.max_tokens = 1;
  }
  const auto a = random_tokens(random, 100), b = random_tokens(random, 100);
  for (int i = 0; i < 3; ++i) {
    const auto& document = i == 1 ? b : a;
    requests[i].prompt.insert(requests[i].prompt.end(), document.begin(), document.end());
  }
  FakeModel model;
  FakeTokenizer tokenizer;
  Team team(1);
  for (const int parallel : {1, 2}) {
    OneByOne source(requests);
    Recorder recorder;
    const auto counts =
        Generator(model, tokenizer, team, {.parallel = parallel}).run(source, recorder);
    CHECK(recorder.completions.size() == 3);
    CHECK(counts.reused_tokens == 3 + (parallel == 1 ? 3 : 102));
  }
}

TEST_CASE("parallel answers share passes, and a finished one makes room at once") {
  std::vector<Request> requests;
  for (int i = 0; i < 8; ++i) {
    Request request;
    request.prompt = {i};
    request.settings.max_tokens = 10 + i;
    request.settings.sampling.logit_bias = {{kEnd, -HUGE_VAL}};
    requests.push_back(request);
  }
  FakeModel model;
  FakeTokenizer tokenizer;
  Team team(1);
  const auto passes = [&](int parallel) {
    model = FakeModel();
    ListSource source(requests);
    Recorder recorder;
    Generator(model, tokenizer, team, {.parallel = parallel}).run(source, recorder);
    CHECK(recorder.completions.size() == 8);
    return model.passes;
  };
  CHECK(passes(1) == 10 + 11 + 12 + 13 + 14 + 15 + 16 + 17);
  CHECK(passes(8) == 17);
  // Two at a time: a pass is never left half empty while requests wait.
  CHECK(passes(2) <= (10 + 11 + 12 + 13 + 14 + 15 + 16 + 17) / 2 + 5);
}

TEST_CASE("a pass never has more prompt rows than allowed beside the growing answers") {
  std::mt19937 random(2);
  std::vector<Request> requests(5);
  for (Request& request : requests) {
    request.prompt = random_tokens(random, 90);
    request.settings.max_tokens = 30;
  }
  FakeModel model;
  FakeTokenizer tokenizer;
  Team team(1);
  ListSource source(requests);
  Recorder recorder;
  Generator(model, tokenizer, team, {.parallel = 5, .prompt_rows = 16}).run(source, recorder);
  CHECK(model.largest_pass <= 16 + 5);
  CHECK(model.largest_pass > 16);
}

TEST_CASE("a source with nothing to give does not hold up answers that grow") {
  // A pipe: the second request comes only after the first answer was seen.
  struct SlowSource : RequestSource {
    const Recorder* recorder = nullptr;
    int given = 0;
    int waits = 0;
    Status next(bool may_wait, Request& request) override {
      if (given == 2) return Status::End;
      if (given == 1 && recorder->completions.empty()) {
        CHECK_FALSE(may_wait);
        ++waits;
        return Status::NotYet;
      }
      request.prompt = {static_cast<std::int32_t>(++given)};
      request.settings.max_tokens = 4;
      return Status::Ready;
    }
  } source;
  FakeModel model;
  FakeTokenizer tokenizer;
  Team team(1);
  Recorder recorder;
  source.recorder = &recorder;
  Generator(model, tokenizer, team, {.parallel = 4}).run(source, recorder);
  CHECK(recorder.completions.size() == 2);
  CHECK(source.waits >= 3);
}

TEST_CASE("requests no run can answer are refused, naming the numbers") {
  const auto message = [](const Request& request, std::int64_t context) {
    try {
      check_request(request, context, kVocab);
    } catch (const Error& error) {
      return error.message();
    }
    return std::string();
  };
  CHECK(message({.prompt = {1, 2}, .settings = {}}, 2).empty());
  CHECK(message({.prompt = {1, 2, 3}, .settings = {}}, 2) ==
        "the prompt has 3 tokens, the context holds 2");
  CHECK(message({.prompt = {}, .settings = {}}, 2) == "the prompt has no token to begin with");
  CHECK(message({.prompt = {32}, .settings = {}}, 2) ==
        "the prompt has token 32, the vocabulary ends at 31");
  Request biased{.prompt = {1}, .settings = {}};
  biased.settings.sampling.logit_bias = {{40, 1.0}};
  CHECK(message(biased, 2) == "the logit bias names token 40, the vocabulary ends at 31");
}

TEST_CASE(
    "an exception of the observer or before a pass ends the run and leaves the generator usable") {
  FakeModel model;
  FakeTokenizer tokenizer;
  Team team(1);
  int passes = 0;
  Generator generator(model, tokenizer, team, {.parallel = 2, .before_pass = [&] {
                                                 if (++passes == 5) throw 42;
                                               }});
  const std::vector<Request> requests = mixed_requests();
  Recorder interrupted, complete;
  ListSource first(requests), second(requests);
  CHECK_THROWS_AS(generator.run(first, interrupted), int);
  generator.run(second, complete);
  const Outcome expected = generate(requests);
  REQUIRE(complete.completions.size() == expected.completions.size());
  for (std::size_t i = 0; i < expected.completions.size(); ++i)
    CHECK(same(complete.completions[i], expected.completions[i]));
}

TEST_SUITE_END();
