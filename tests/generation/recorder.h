#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "generation/fake_model.h"
#include "generation/generator.h"

/// Requests from a list, and a record of all that a generator tells.
namespace tenon::generation::fake {

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

inline Outcome generate(std::vector<Request> requests, const GeneratorOptions& options = {},
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

inline std::vector<std::int32_t> random_tokens(std::mt19937& random, std::size_t size) {
  std::vector<std::int32_t> tokens(size);
  for (std::int32_t& token : tokens) token = static_cast<std::int32_t>(random() % 28);
  return tokens;
}

/// Requests that share beginnings and differ in everything else.
inline std::vector<Request> mixed_requests() {
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

}  // namespace tenon::generation::fake
