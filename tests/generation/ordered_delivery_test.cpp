#include "generation/ordered_delivery.h"

#include <doctest/doctest.h>

#include "generation/fake_model.h"
#include "generation/recorder.h"

using namespace tenon;
using namespace tenon::generation;
using namespace tenon::generation::fake;

TEST_SUITE_BEGIN("generation");

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

TEST_SUITE_END();
