#include "generation/records.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"

using namespace tenon;
using namespace tenon::generation;

namespace {

/// "LINE POINTER: MESSAGE (HINT)"
std::string complaint(std::string_view json, const RequestSettings& defaults = {}) {
  try {
    parse_record(json, 3, defaults);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::Input);
    CHECK(error.line() == 3);
    std::string text = error.pointer();
    if (!text.empty()) text += ": ";
    text += error.message();
    if (!error.hint().empty()) text += " (" + error.hint() + ")";
    return text;
  }
  return {};
}

}  // namespace

TEST_SUITE_BEGIN("generation");

TEST_CASE("a record overrides the settings it names and keeps the others") {
  RequestSettings defaults;
  defaults.max_tokens = 9;
  defaults.stop_texts = {"x"};
  defaults.sampling = {.temperature = 0.5, .top_k = 7, .seed = 3};
  const InputRecord plain = parse_record(R"({"prompt": "Hi"})", 12, defaults);
  CHECK(plain.id_json == "12");
  CHECK(plain.prompt == "Hi");
  CHECK(plain.messages.empty());
  CHECK(plain.settings.max_tokens == 9);
  CHECK(plain.settings.stop_texts == std::vector<std::string>{"x"});
  CHECK(plain.settings.sampling.top_k == 7);
  CHECK(plain.settings.sampling.seed == 3);

  const InputRecord all = parse_record(
      R"({"id": {"a": [1, "é"]}, "messages": [{"role": "system", "content": "S"},
          {"content": "U", "role": "user"}], "max_tokens": 5, "stop": ["a", "b"],
          "temperature": 1.5, "top_k": 3, "top_p": 0.9, "min_p": 0.1, "typical_p": 0.8,
          "repeat_penalty": 1.1, "presence_penalty": -0.5, "frequency_penalty": 0.25,
          "penalty_window": 10, "logit_bias": {"5": 2.5, "7": "-inf"}, "seed": 18446744073709551615,
          "logprobs": 2, "samples": 4})",
      1, defaults);
  CHECK(all.id_json == R"({"a":[1,"é"]})");
  REQUIRE(all.messages.size() == 2);
  CHECK(all.messages[0].role == "system");
  CHECK(all.messages[1].content == "U");
  CHECK(all.settings.max_tokens == 5);
  CHECK(all.settings.stop_texts == std::vector<std::string>{"a", "b"});
  const auto& sampling = all.settings.sampling;
  CHECK(sampling.temperature == 1.5);
  CHECK(sampling.top_k == 3);
  CHECK(sampling.top_p == 0.9);
  CHECK(sampling.min_p == 0.1);
  CHECK(sampling.typical_p == 0.8);
  CHECK(sampling.repeat_penalty == 1.1);
  CHECK(sampling.presence_penalty == -0.5);
  CHECK(sampling.frequency_penalty == 0.25);
  CHECK(sampling.penalty_window == 10);
  CHECK(sampling.logit_bias ==
        std::vector<std::pair<std::int32_t, double>>{{5, 2.5}, {7, -HUGE_VAL}});
  CHECK(sampling.seed == 18446744073709551615u);
  CHECK(all.has_own_seed);
  CHECK(all.settings.logprobs == 2);
  CHECK(all.settings.samples == 4);
}

TEST_CASE("one stop text needs no list, and 40.0 is a whole number") {
  const InputRecord record =
      parse_record(R"({"prompt": "", "stop": "\n", "max_tokens": 40.0})", 1, {});
  CHECK(record.settings.stop_texts == std::vector<std::string>{"\n"});
  CHECK(record.settings.max_tokens == 40);
}

TEST_CASE("an unknown key is refused with the closest spelling") {
  CHECK(complaint(R"({"prompt": "a", "temprature": 1})") ==
        "the record has the unknown key \"temprature\" (did you mean temperature?)");
  CHECK(complaint(R"({"prompt": "a", "max-tokens": 1})") ==
        "the record has the unknown key \"max-tokens\" (did you mean max_tokens?)");
  CHECK(complaint(R"({"prompt": "a", "zzzzzz": 1})") ==
        "the record has the unknown key \"zzzzzz\" (tenon-formats(5) lists the keys of a record)");
}

TEST_CASE("a value of the wrong type is refused, naming line and key") {
  CHECK(complaint(R"({"prompt": 5})") == "/prompt: is the number 5, it must be a text");
  CHECK(complaint(R"({"prompt": null})") == "/prompt: is null, it must be a text");
  CHECK(complaint(R"({"prompt": "a", "max_tokens": "5"})") ==
        "/max_tokens: is a text, it must be a whole number");
  CHECK(complaint(R"({"prompt": "a", "max_tokens": 1.5})") ==
        "/max_tokens: is the number 1.5, it must be a whole number");
  CHECK(complaint(R"({"prompt": "a", "max_tokens": 99999999999999999999})") ==
        "/max_tokens: is the number 1e+20, it must be a whole number");
  CHECK(complaint(R"({"prompt": "a", "temperature": true})") ==
        "/temperature: is true, it must be a number");
  CHECK(complaint(R"({"prompt": "a", "seed": -1})") ==
        "/seed: is the number -1, it must be a whole number from 0");
  CHECK(complaint(R"({"prompt": "a", "stop": ["x", 1]})") ==
        "/stop/1: is the number 1, it must be a text");
  CHECK(complaint(R"({"prompt": "a", "stop": {}})") ==
        "/stop: is an object, it must be a text or a list of texts");
  CHECK(complaint(R"({"prompt": "a", "logit_bias": {"x": 1}})") ==
        "/logit_bias: has the key \"x\", it must be a token id");
  CHECK(complaint(R"({"prompt": "a", "logit_bias": {"5": "1"}})") ==
        "/logit_bias/5: is a text, it must be a number");
  CHECK(complaint(R"({"messages": []})") ==
        "/messages: is a list, it must be a list of messages, not empty");
  CHECK(complaint(R"({"messages": ["hi"]})") ==
        "/messages/0: is a text, it must be an object of role and content");
  CHECK(complaint(R"({"messages": [{"role": "user"}]})") == "/messages/0: has no content");
  CHECK(complaint(R"({"messages": [{"role": "user", "content": [1]}]})") ==
        "/messages/0/content: is a list, it must be a text");
  CHECK(complaint(R"({"messages": [{"role": "user", "content": "a", "name": "b"}]})") ==
        "/messages/0: has the unknown key \"name\" (a message has a role and a content)");
}

TEST_CASE("values out of range are refused in the words of records") {
  CHECK(complaint(R"({"prompt": "a", "temperature": 1, "top_p": 1.5})") ==
        "top_p is 1.5, it must be above 0 and at most 1");
  CHECK(complaint(R"({"prompt": "a", "samples": 0})") == "samples is 0, it must be 1 or more");
  CHECK(complaint(R"({"prompt": "a", "max_tokens": -1})") ==
        "max_tokens is -1, it must be 0 or more");
  CHECK(complaint(R"({"prompt": "a", "stop": ""})") ==
        "stop is an empty text, the answer would end at once");
}

TEST_CASE("what a record sets without effect is refused, what it inherits is dropped") {
  CHECK(complaint(R"({"prompt": "a", "top_p": 0.5})") ==
        "top_p 0.5 has no effect at temperature 0, which always takes the most probable token "
        "(set a temperature too: \"temperature\": 0.8)");
  CHECK(complaint(R"({"prompt": "a", "samples": 2})").starts_with("samples 2 has no effect"));
  CHECK(complaint(R"({"prompt": "a", "penalty_window": 5})")
            .starts_with("penalty_window 5 has no effect without a penalty"));

  RequestSettings defaults;
  defaults.sampling = {.temperature = 0.8,
                       .top_k = 5,
                       .typical_p = 0.9,
                       .top_p = 0.9,
                       .min_p = 0.1,
                       .repeat_penalty = 1.1,
                       .penalty_window = 7};
  defaults.samples = 3;
  const InputRecord greedy =
      parse_record(R"({"prompt": "a", "temperature": 0, "repeat_penalty": 1})", 1, defaults);
  const auto& options = greedy.settings.sampling;
  CHECK(options.top_k == 0);
  CHECK(options.top_p == 1.0);
  CHECK(options.min_p == 0.0);
  CHECK(options.typical_p == 1.0);
  CHECK(options.penalty_window == 64);
  CHECK(greedy.settings.samples == 1);
  CHECK(parse_record(R"({"prompt": "a"})", 1, defaults).settings.samples == 3);
  CHECK(complaint(R"({"prompt": "a", "temperature": 0, "top_k": 5})", defaults)
            .starts_with("top_k 5 has no effect"));
}

TEST_CASE("lines that are no record are refused") {
  CHECK(complaint("") ==
        "is not JSON: a mistake at byte 1 (every line is an object, as {\"id\": 1, "
        "\"prompt\": \"Once upon a time\"})");
  CHECK(complaint("{\"prompt\": \"a\"").starts_with("is not JSON: a mistake at byte 15"));
  CHECK(complaint("{\"prompt\": \"\xFF\"}").starts_with("is not JSON: a mistake at byte 13"));
  CHECK(complaint("[1]").starts_with("is a list, a record is an object"));
  CHECK(complaint("{}").starts_with("the record has neither a prompt nor messages"));
  CHECK(complaint(R"({"prompt": "a", "messages": [{"role": "user", "content": "b"}]})")
            .starts_with("the record has both a prompt and messages"));
  CHECK(complaint(R"({"prompt": "a", "seed": 1, "seed": 2})") ==
        "/seed: the key stands in the record twice");
  CHECK(complaint("{\"id\": " + std::string(100000, '[')) == "the record is nested too deeply");
}

TEST_CASE("an unreadable record is named by its id or its line") {
  CHECK(record_id(R"({"id": "x y", "prompt": 5})", 4) == "\"x y\"");
  CHECK(record_id(R"({"prompt": 5})", 4) == "4");
  CHECK(record_id("{\"id\": 1", 4) == "4");
  CHECK(record_id("[5]", 4) == "4");
}

TEST_CASE("shards are disjoint and together everything") {
  for (const std::int64_t count : {1, 2, 3, 7}) {
    for (std::int64_t record = 0; record < 20; ++record) {
      int holders = 0;
      for (std::int64_t index = 1; index <= count; ++index)
        holders += Shard{index, count}.holds(record);
      CHECK(holders == 1);
    }
  }
  const Shard shard = parse_shard("2/8");
  CHECK(shard.index == 2);
  CHECK(shard.count == 8);
  for (const char* wrong : {"", "2", "0/4", "5/4", "1/0", "-1/4", "a/b", "1/4x", "1//4", "1/4/2"})
    CHECK_THROWS_AS(parse_shard(wrong), Error);
}

TEST_SUITE_END();
