// The whole way from a file to text, on the small model of data/ and on SmolLM2.
#include <doctest/doctest.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <string>

#include "generation/generator.h"
#include "generation/model_options.h"
#include "generation/saved_state.h"
#include "support/real_model.h"

using namespace tenon;
using namespace tenon::generation;

namespace {

struct Answers : RequestSource, GenerationObserver {
  std::deque<Request> requests;
  std::vector<std::string> texts;
  std::vector<std::vector<std::int32_t>> tokens;

  Status next(bool, Request& request) override {
    if (requests.empty()) return Status::End;
    request = requests.front();
    requests.pop_front();
    return Status::Ready;
  }
  void text(std::size_t, std::int64_t, std::string_view) override {}
  void completed(const Completion& completion) override {
    texts.push_back(completion.text);
    tokens.push_back(completion.tokens);
  }
  void failed(std::size_t, const Error& error) override { throw error; }
};

// Bytes of the mappings of a file that are in this process's memory.
std::size_t resident_bytes(const std::string& path) {
  std::ifstream maps("/proc/self/smaps");
  std::string line;
  bool is_file = false;
  std::size_t kilobytes = 0;
  while (std::getline(maps, line)) {
    const bool is_mapping = line.find(':') > line.find(' ');
    if (is_mapping) is_file = line.ends_with(path);
    if (is_file && line.starts_with("Rss:")) kilobytes += std::stoul(line.substr(4));
  }
  return kilobytes * 1024;
}

std::vector<Request> small_batch(const text::Tokenizer& tokenizer, std::int64_t max_tokens) {
  const std::string shared =
      "KING RICHARD:\nWhat news from the north, my lord? The people of the city are gathering,\n";
  std::vector<Request> requests;
  for (const std::string end :
       {"and I", "and the king", "ROMEO:\nO", "ROMEO:\nO, she", "First Citizen:", "Speak"}) {
    Request request;
    request.prompt = tokenizer.encode(requests.size() < 4 ? shared + end : end);
    request.settings.max_tokens = max_tokens;
    if (requests.size() % 2 == 1)
      request.settings.sampling = {.temperature = 0.9, .top_k = 50, .seed = 3};
    requests.push_back(request);
  }
  return requests;
}

Answers answers_of(OpenModel& opened, Team& team, std::vector<Request> requests,
                   const GeneratorOptions& options) {
  Answers answers;
  answers.requests.assign(requests.begin(), requests.end());
  Generator(*opened.model, *opened.tokenizer, team, options).run(answers, answers);
  return answers;
}

void check_batches_equal_alone(const std::string& path, const ModelOptions& options,
                               const std::string& kernels, std::int64_t max_tokens,
                               const std::vector<int>& parallels) {
  const auto opened = open_model(path, options, kernels, 1);
  const std::vector<Request> requests = small_batch(*opened->tokenizer, max_tokens);
  Team one(1), two(2);
  std::vector<std::vector<std::int32_t>> alone;
  std::string written;
  for (const Request& request : requests) {
    const Answers answers =
        answers_of(*opened, one, {request}, {.context = 250, .shares_prefixes = false});
    alone.push_back(answers.tokens.at(0));
    written += answers.texts.at(0);
  }
  CHECK(written.size() > 100);
  for (const int parallel : parallels) {
    for (const bool shares : {false, true}) {
      for (Team* team : {&one, &two}) {
        CAPTURE(parallel);
        CAPTURE(shares);
        CAPTURE(team->size());
        const Answers answers = answers_of(*opened, *team, requests,
                                           {.context = 250,
                                            .parallel = parallel,
                                            .prompt_rows = parallel == 6 ? 13 : 512,
                                            .shares_prefixes = shares});
        CHECK(answers.tokens == alone);
      }
    }
  }
}

std::string small_model() {
  return TENON_SOURCE_DIR "/data/tiny-shakespeare.gguf";
}

}  // namespace

TEST_SUITE_BEGIN("generation");

TEST_CASE("a batch over the small model writes what each of its records writes alone") {
  check_batches_equal_alone(small_model(), {.precision = "exact"}, "reference", 12, {4});
  check_batches_equal_alone(small_model(), {.precision = "exact"}, "auto", 40, {1, 4, 6});
  check_batches_equal_alone(small_model(), {.precision = "fast"}, "auto", 40, {1, 4, 6});
}

TEST_CASE("a batch over SmolLM2 writes what each of its records writes alone") {
  check_batches_equal_alone(test::real_model_path(), {.precision = "fast"}, "auto", 6, {6});
}

TEST_CASE("an answer after a saved and loaded state is that of an uninterrupted run") {
  for (const std::string cache_type : {"f32", "f16", "bf16", "q8_0"}) {
    const auto opened = open_model(small_model(), {.precision = "fast"}, "auto", 1);
    models::StateOptions state =
        state_options({.precision = "fast"}, {.cache_type = cache_type, .context = 0});
    const std::string document = "KING RICHARD:\nWhat news from the north, my lord?\n";
    Request reading{.prompt = opened->tokenizer->encode(document), .settings = {.max_tokens = 0}};
    Request question{.prompt = opened->tokenizer->encode(document + "MESSENGER:\n"),
                     .settings = {.max_tokens = 40}};
    const GeneratorOptions options{.context = 250, .state = state};

    Answers ignored;
    ignored.requests = {reading};
    Generator saving(*opened->model, *opened->tokenizer, opened->team, options);
    saving.run(ignored, ignored);
    const auto computed = saving.take_state(reading.prompt);
    REQUIRE(computed != nullptr);
    std::string bytes;
    write_saved_state({.origin = {.model = opened->file.content_key(),
                                  .computation = "fast",
                                  .cache_type = state.cache_type},
                       .tokens = reading.prompt,
                       .state = computed->save(computed->length())},
                      [&](std::string_view piece) { bytes += piece; });

    const SavedState saved = read_saved_state(std::as_bytes(std::span(bytes)));
    Prefix prefix{.tokens = saved.tokens, .state = opened->model->make_state(state)};
    prefix.state->load(saved.state, static_cast<std::int32_t>(saved.tokens.size()));
    Answers resumed, uninterrupted;
    resumed.requests = uninterrupted.requests = {question};
    Generator resuming(*opened->model, *opened->tokenizer, opened->team, options);
    resuming.add_prefix(std::move(prefix));
    const GenerationCounts counts = resuming.run(resumed, resumed);
    CHECK(counts.reused_tokens >= static_cast<std::int64_t>(saved.tokens.size()) - 2);
    Generator(*opened->model, *opened->tokenizer, opened->team, options)
        .run(uninterrupted, uninterrupted);
    CHECK(resumed.tokens == uninterrupted.tokens);
    CHECK(resumed.texts.at(0).size() > 20);
  }
}

TEST_CASE(
    "repacked weights leave no copy in the mapping, and passes read only rows of the embedding") {
  const std::string path = std::filesystem::canonical(test::real_model_path()).string();
  const auto packed = open_model(path, {}, "auto", 2);
  if (packed->model->info().bytes_owned == 0) return;  // these kernels read the file
  Request request;
  request.prompt = packed->tokenizer->encode("The quick brown fox jumps over the lazy dog");
  request.settings.max_tokens = 3;
  const auto answer = answers_of(*packed, packed->team, {request}, {.context = 64});
  CHECK(resident_bytes(path) < std::size_t{12} << 20);  // of 94 MiB
  // The kernels may widen scales; weights, packed and mapped, keep far from the 64 MiB over the file that a whole
  // process is allowed.
  CHECK(packed->model->info().bytes_owned + resident_bytes(path) <
        std::filesystem::file_size(path) + (std::size_t{32} << 20));

  const auto mapped = open_model(path, {.repacks = false}, "auto", 2);
  CHECK(mapped->model->info().bytes_owned == 0);
  CHECK(answers_of(*mapped, mapped->team, {request}, {.context = 64}).tokens == answer.tokens);
  CHECK(resident_bytes(path) > std::size_t{80} << 20);
}

TEST_SUITE_END();
