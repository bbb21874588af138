#include "text/chat_template.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "text/jinja/golden_file.h"

using namespace tenon;
using namespace tenon::text;

namespace {

std::vector<std::string> template_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(data_path("templates")))
    names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string template_text(const std::string& name) {
  return read_file(data_path("templates/" + name + ".jinja"));
}

ChatVariables variables_of(const nlohmann::ordered_json& conversation) {
  return {.add_generation_prompt = conversation["add_generation_prompt"],
          .bos_token = "<s>",
          .eos_token = "</s>",
          .date = "2026-07-26T14:05:09"};
}

std::string render(const ChatTemplate& chat_template, const nlohmann::ordered_json& conversation) {
  const std::string more =
      conversation.contains("variables") ? conversation["variables"].dump() : "";
  return chat_template.render_json(conversation["messages"].dump(), variables_of(conversation),
                                   more);
}

}  // namespace

TEST_SUITE_BEGIN("chat_template");

// Goldens: scripts/oracles/chat_templates.py, Jinja2 3.1.6 in the environment of transformers
// 5.24.0.
TEST_CASE("published templates print byte for byte what Jinja2 prints, in every conversation") {
  const auto conversations = read_json(data_path("conversations.json"));
  const auto names = template_names();
  REQUIRE(names.size() >= 25);
  for (const std::string& name : names) {
    INFO("template: ", name);
    const ChatTemplate chat_template(template_text(name));
    const auto goldens = read_json(data_path("golden/" + name + ".json"));
    REQUIRE(goldens.size() == conversations.size());
    for (std::size_t i = 0; i < goldens.size(); ++i) {
      const std::string conversation = goldens[i]["conversation"];
      INFO("conversation: ", conversation);
      REQUIRE(conversation == conversations[i]["name"].get<std::string>());
      check_against(goldens[i], [&] { return render(chat_template, conversations[i]); });
    }
  }
}

TEST_CASE("render takes plain messages as render_json takes JSON") {
  const auto conversations = read_json(data_path("conversations.json"));
  int compared = 0;
  for (const std::string& name : template_names()) {
    const ChatTemplate chat_template(template_text(name));
    for (const auto& conversation : conversations) {
      if (conversation.contains("variables") || conversation["name"] == "content in parts")
        continue;
      std::vector<ChatMessage> messages;
      for (const auto& message : conversation["messages"])
        messages.push_back({message["role"], message["content"]});
      std::string plain, json;
      try {
        json = render(chat_template, conversation);
      } catch (const Error& error) {
        json = error.what();
      }
      try {
        plain = chat_template.render(messages, variables_of(conversation));
      } catch (const Error& error) {
        plain = error.what();
      }
      CHECK(plain == json);
      ++compared;
    }
  }
  CHECK(compared > 150);
}

TEST_CASE("tools and documents are none, tokens empty strings and dates undefined unless given") {
  const ChatTemplate probe(
      "{{ tools is none }} {{ documents is none }} [{{ bos_token + eos_token }}] "
      "{{ date_string is defined }} {{ add_generation_prompt }} {{ strftime_now is defined }}");
  CHECK(probe.render({}, {}) == "True True [] False True True");
  CHECK(probe.render({},
                     {.add_generation_prompt = false, .bos_token = "<s>", .date = "2026-07-26"}) ==
        "True True [<s>] True False True");
}

TEST_CASE("further variables win over the usual ones") {
  const ChatTemplate probe("{{ bos_token }}{{ tools | length }}{{ enable_thinking }}");
  CHECK(probe.render_json("[]", {.bos_token = "<s>"},
                          R"({"bos_token": "<B>", "tools": [1, 2], "enable_thinking": false})") ==
        "<B>2False");
}

TEST_CASE("messages and variables that are not the JSON asked for are refused, with the place") {
  const ChatTemplate any("{{ messages }}");
  const auto words_of = [&](std::string_view messages, std::string_view variables) {
    try {
      any.render_json(messages, {}, variables);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK(words_of("[{\"role\": \"user\",]", "").starts_with("messages at byte 18: not JSON: "));
  CHECK(words_of("", "").starts_with("messages at byte 1: not JSON: "));
  CHECK(words_of("[] x", "").starts_with("messages at byte 4: not JSON: "));
  CHECK(words_of("{}", "") == "messages: not an array");
  CHECK(words_of("[{}, 5]", "") == "messages at /1: a message that is not an object");
  CHECK(words_of("[]", "[]") == "template variables: not an object");
  CHECK(words_of("[]", "{\"a\": 18446744073709551615}") ==
        "template variables: an integer of more than 64 bits");
  CHECK(words_of("[]", "{\"a\": 123456789012345678901234567890}") ==
        "template variables: an integer of more than 64 bits");
  CHECK(
      words_of("[]", "{\"a\": \"\xFF\"}").starts_with("template variables at byte 8: not JSON: "));
  CHECK(words_of("[]", "{\"a\": 9223372036854775807, \"b\": -9223372036854775808}") == "no error");
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  CHECK(words_of("[]", "{\"a\": " + deep + "}") == "template variables: nested more than 128 deep");
}

TEST_CASE(
    "JSON numbers stay what they are and doubled keys keep the last value in the first place") {
  const ChatTemplate probe("{{ x }} {{ x | tojson }}");
  CHECK(probe.render_json("[]", {}, R"({"x": [1, 1.0, -0, 1e2, 0.1, 12345678901234567890e-5]})") ==
        "[1, 1.0, 0, 100.0, 0.1, 123456789012345.67] [1, 1.0, 0, 100.0, 0.1, 123456789012345.67]");
  CHECK(probe.render_json("[]", {}, R"({"x": {"b": 1, "a": 2, "b": 3}})") ==
        "{'b': 3, 'a': 2} {\"b\": 3, \"a\": 2}");
}

TEST_CASE("invalid UTF-8 in a message passes through unchanged and counts byte by byte") {
  const ChatTemplate probe(
      "{{ messages[0].content | trim }}|{{ messages[0].content | length }}|"
      "{{ messages[0].content[1] }}|{{ messages[0].content | upper }}|{{ messages[0].content[::-1] "
      "}}");
  CHECK(probe.render({{"user", "a\xFF\xC3 \xE6\xBC\xA2"}}, {}) ==
        "a\xFF\xC3 \xE6\xBC\xA2|5|\xFF|A\xFF\xC3 \xE6\xBC\xA2|\xE6\xBC\xA2 \xC3\xFF"
        "a");
}

TEST_CASE("errors carry the line and column of the innermost expression") {
  const auto place_of = [](std::string_view source) {
    try {
      ChatTemplate(source).render({{"user", "Hi"}}, {});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK(place_of("line\n  {{ 1 + missing.x }}") ==
        "chat template:2 at column 18: 'missing' is undefined");
  CHECK(place_of("é漢{{ nope | trim | shout }}") ==
        "chat template:1 at column 20: there is no filter \"shout\"");
  CHECK(place_of("{% for m in messages %}\n{% if m is strange %}{% endif %}{% endfor %}") ==
        "chat template:2 at column 9: there is no test \"strange\"");
  CHECK(place_of("\n\n{% include 'x' %}") ==
        "chat template:3 at column 4: the statement \"include\" is not in the subset of Jinja");
  CHECK(place_of("{{ messages | groupby('role') }}") ==
        "chat template:1 at column 15: the filter \"groupby\" is not in the subset of Jinja");
  CHECK(place_of("{{ 'x'.casefold() }}") ==
        "chat template:1 at column 8: the attribute \"casefold\" of a value of type str is not in "
        "the subset of Jinja");
  CHECK(place_of("{{ cycler('a') }}") ==
        "chat template:1 at column 10: the function \"cycler\" is not in the subset of Jinja");
  CHECK(place_of("{{ [1] | map('string') }}") ==
        "chat template:1 at column 1: the template prints a lazy sequence (made by map, select, "
        "reverse, ...)");
  CHECK(place_of("{% for x in [] recursive %}{% endfor %}") ==
        "chat template:1 at column 16: recursive loops are not in the subset of Jinja");
  CHECK(place_of("{% if true %}\n") ==
        "chat template:1 at column 14: expected {% endif %}, found the end of the template");
  CHECK(place_of("{{ 9223372036854775807 + 1 }}") ==
        "chat template:1 at column 24: the template computes an integer of more than 64 bits");
}

TEST_CASE("what is outside of the subset harms only where it is reached") {
  const ChatTemplate unused(
      "{% if false %}{{ 1 | groupby('x') }}{{ 'a' is strange }}{% endif %}fine");
  CHECK(unused.render({}, {}) == "fine");
}

TEST_CASE("one template renders in several threads at once") {
  const ChatTemplate chat_template(template_text("own-schema"));
  const auto conversations = read_json(data_path("conversations.json"));
  const std::string expected = render(chat_template, conversations.back());
  std::vector<int> equal_counts(4, 0);
  std::vector<std::thread> threads;
  for (int& count : equal_counts)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) count += render(chat_template, conversations.back()) == expected;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(equal_counts == std::vector<int>(4, 20));
}

TEST_SUITE_END();
