#include "generation/generator.h"

#include <doctest/doctest.h>

#include <deque>
#include <random>

#include "generation/fake_model.h"
#include "sampling/sampler_chain.h"

using namespace tenon;
using namespace tenon::generation;
using namespace tenon::generation::fake;

namespace {

class ListSource : public RequestSource {
 public:
  explicit ListSource(std::vector<Request> requests)
      : requests_(requests.begin(), requests.end()) {}
  Status next(bool, Request& request) override {
    if (requests_.empty()) return Status::End;
    request = requests_.front();
    requests_.pop_front();
    return Status::Ready;
  }

 private:
  std::deque<Request> requests_;
};

struct Recorder : GenerationObserver {
  std::vector<Completion> completions;
  std::vector<std::pair<std::size_t, std::string>> failures;
  std::vector<std::string> events;  // "0/0 text", in the order they came
  std::string streamed;             // of the answer that is being streamed

  void text(std::size_t request, std::int64_t sample, std::string_view piece) override {
    CHECK(!piece.empty());
    streamed += piece;
    events.push_back(std::to_string(request) + "/" + std::to_string(sample));
  }
  void completed(const Completion& completion) override {
    CHECK(streamed == completion.text);
    streamed.clear();
    completions.push_back(completion);
    events.push_back("done");
  }
  void failed(std::size_t request, const Error& error) override {
    failures.emplace_back(request, error.message());
    events.push_back("failed");
  }
};

struct Outcome {
  std::vector<Completion> completions;
  std::vector<std::pair<std::size_t, std::string>> failures;
  GenerationCounts counts;
  std::int64_t rows = 0;
};

Outcome generate(std::vector<Request> requests, const GeneratorOptions& options = {},
                 std::int32_t threads = 1) {
  FakeModel model;
  FakeTokenizer tokenizer;
  Team team(threads);
  ListSource source(std::move(requests));
  Recorder recorder;
  Generator generator(model, tokenizer, team, options);
  const GenerationCounts counts = generator.run(source, recorder);
  return {recorder.completions, recorder.failures, counts, model.rows_computed};
}

std::vector<std::int32_t> random_tokens(std::mt19937& random, std::size_t size) {
  std::vector<std::int32_t> tokens(size);
  for (std::int32_t& token : tokens) token = static_cast<std::int32_t>(random() % 28);
  return tokens;
}

/// Requests that share beginnings and differ in everything else.
std::vector<Request> mixed_requests() {
  std::mt19937 random(3);
  const auto shared = random_tokens(random, 60);
  std::vector<Request> requests;
  for (int i = 0; i < 14; ++i) {
    Request request;
    if (i % 3 != 2) request.prompt.assign(shared.begin(), shared.begin() + 20 + i * 2);
    for (const std::int32_t token : random_tokens(random, 1 + random() % 30))
      request.prompt.push_back(token);
    request.settings.max_tokens = i % 5 == 4 ? 0 : static_cast<std::int64_t>(5 + random() % 60);
    request.settings.sampling.temperature = i % 2 == 0 ? 0.9 : 0.0;
    request.settings.sampling.seed = random() % 3;
    if (i % 2 == 0 && i % 4 == 0) request.settings.samples = 3;
    if (i % 4 == 1) request.settings.sampling.repeat_penalty = 1.3;
    if (i % 6 == 3) request.settings.stop_texts = {"ab", "zz"};
    if (i % 7 == 2) request.settings.logprobs = 3;
    requests.push_back(request);
  }
  return requests;
}

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

TEST_CASE("events come in the order of the input, a whole answer before the next") {
  std::vector<Request> requests = mixed_requests();
  requests[3].prompt.clear();
  FakeModel model;
  FakeTokenizer tokenizer;
  Team team(1);
  ListSource source(requests);
  Recorder recorder;
  Generator(model, tokenizer, team, {.parallel = 6, .stops_at_failure = false})
      .run(source, recorder);
  std::vector<std::pair<std::size_t, std::int64_t>> expected, got;
  for (std::size_t i = 0; i < requests.size(); ++i)
    for (std::int64_t sample = 0; sample < requests[i].settings.samples; ++sample)
      if (i != 3) expected.emplace_back(i, sample);
  for (const Completion& completion : recorder.completions)
    got.emplace_back(completion.request, completion.sample);
  CHECK(got == expected);
  REQUIRE(recorder.failures.size() == 1);
  CHECK(recorder.failures[0].first == 3);
  CHECK(recorder.failures[0].second == "the prompt has no token to begin with");
  // The failure stands between the answers of requests 2 and 4.
  std::size_t done_before = 0;
  for (const std::string& event : recorder.events) {
    if (event == "failed") break;
    done_before += event == "done";
  }
  CHECK(done_before == static_cast<std::size_t>(requests[0].settings.samples) + 2);
}

TEST_CASE("after a failure no further request is taken, what came before is finished") {
  std::vector<Request> requests(6);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    requests[i].prompt = {static_cast<std::int32_t>(i)};
    requests[i].settings.max_tokens = 5;
  }
  requests[2].prompt.assign(20, 3);
  for (const int parallel : {1, 4}) {
    const Outcome outcome = generate(requests, {.context = 19, .parallel = parallel});
    CHECK(outcome.completions.size() == 2);
    REQUIRE(outcome.failures.size() == 1);
    CHECK(outcome.failures[0].second == "the prompt has 20 tokens, the context holds 19");
    CHECK(outcome.counts.requests == 3);
  }
}

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
