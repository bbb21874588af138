#include <chrono>

#include "golden_file.h"

using namespace tenon;
using namespace tenon::text;

namespace {

// Everything a hostile template may do ends as an error of this kind.
void check_refused(std::string_view source, ErrorKind kind, const RenderLimits& limits = {}) {
  const std::string shown(source.substr(0, 200));
  INFO("template: ", shown);
  try {
    ChatTemplate(source).render({{"user", std::string(1000, 'x')}}, {}, limits);
    FAIL_CHECK("no error");
  } catch (const Error& error) {
    INFO(error.what());
    CHECK(error.kind() == kind);
    CHECK(error.line() > 0);
  }
}

constexpr RenderLimits kSmall{.steps = 200'000, .memory_bytes = 4 << 20};

std::string repeated(std::string_view part, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += part;
  return text;
}

}  // namespace

TEST_SUITE_BEGIN("jinja limits");

TEST_CASE("loops without end run out of steps") {
  check_refused("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
                ErrorKind::Resource, kSmall);
  check_refused(
      "{% macro f() %}{% for a in range(1000) %}{{ a }}{% endfor %}{% endmacro %}"
      "{% for a in range(1000) %}{% set x = f() %}{% endfor %}",
      ErrorKind::Resource, kSmall);
  check_refused(
      "{% set ns = namespace(x=[0] * 1000) %}{% for a in range(1000) %}{{ 1 in ns.x }}"
      "{{ ns.x == ns.x | list }}{% endfor %}",
      ErrorKind::Resource, kSmall);
}

TEST_CASE("macros that call themselves without end are refused") {
  check_refused("{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}", ErrorKind::Resource);
  check_refused(
      "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
      ErrorKind::Resource);
  check_refused("{% macro f() %}{% call f() %}{% endcall %}{{ caller }}{% endmacro %}{{ f() }}",
                ErrorKind::Resource);
}

TEST_CASE("text and lists that double run out of memory, not the machine") {
  const std::string doubling =
      "{% set ns = namespace(x='x') %}{% for i in range(60) %}"
      "{% set ns.x = ns.x ~ ns.x %}{% endfor %}";
  check_refused(doubling, ErrorKind::Resource, kSmall);
  check_refused("{{ 'x' * 99999999999 }}", ErrorKind::Resource, kSmall);
  check_refused("{{ [0] * 99999999999 }}", ErrorKind::Resource, kSmall);
  check_refused("{{ 'ab' * 9223372036854775807 }}", ErrorKind::Resource, kSmall);
  check_refused("{{ ('x' * 10000).replace('', 'y' * 10000) }}", ErrorKind::Resource, kSmall);
  check_refused("{{ (['y' * 10000] * 10000) | join }}", ErrorKind::Resource, kSmall);
  check_refused("{{ '%99999999d' % 1 }}", ErrorKind::Input, kSmall);
  check_refused("{{ '%.5000f' % 1 }}", ErrorKind::Unsupported, kSmall);
  check_refused("{{ 'x'.ljust(9223372036854775807) }}", ErrorKind::Resource, kSmall);
  check_refused("{{ 'x'.zfill(9223372036854775807) }}", ErrorKind::Resource, kSmall);
  check_refused("{{ 'x' | center(9223372036854775807) }}", ErrorKind::Resource, kSmall);
  check_refused("{{ 'a\nb' | indent(9223372036854775807) }}", ErrorKind::Resource, kSmall);
  check_refused("{{ [1] | tojson(indent=9223372036854775807) }}", ErrorKind::Resource, kSmall);
  check_refused("{{ range(-9223372036854775807, 9223372036854775807) }}", ErrorKind::Resource,
                kSmall);
  check_refused("{% for i in range(99999) %}" + std::string(10000, 'x') + "{% endfor %}",
                ErrorKind::Resource, kSmall);
  check_refused(
      "{% set ns = namespace(l=[]) %}{% for i in range(99999) %}{% set ns.l = [ns.l, i, 'text' ~ "
      "i] "
      "%}{% endfor %}{% for i in range(99999) %}{% set ns.l = [ns.l, i, 'text' ~ i] %}{% endfor %}",
      ErrorKind::Resource, {.steps = 20'000'000, .memory_bytes = 8 << 20});
}

TEST_CASE("memory that is let go can be used again") {
  const ChatTemplate reuse(
      "{% set ns = namespace(x='') %}{% for i in range(1000) %}"
      "{% set ns.x = 'y' * 100000 %}{% endfor %}{{ ns.x | length }}");
  CHECK(reuse.render({}, {}, {.steps = 20'000'000, .memory_bytes = 1 << 20}) == "100000");
}

TEST_CASE("values nested without end are refused, however they are looked at") {
  const std::string nested =
      "{% set ns = namespace(x=[]) %}{% for i in range(50000) %}"
      "{% set ns.x = [ns.x] %}{% endfor %}";
  check_refused(nested + "{{ ns.x }}", ErrorKind::Resource);
  check_refused(nested + "{{ ns.x | tojson }}", ErrorKind::Resource);
  check_refused(nested + "{{ ns.x == [ns.x] }}", ErrorKind::Resource);
  check_refused(nested + "{{ [ns.x, [ns.x]] | sort }}", ErrorKind::Resource);
  const std::string tuples =
      "{% set ns = namespace(x=()) %}{% for i in range(50000) %}"
      "{% set ns.x = (ns.x, 1) %}{% endfor %}";
  check_refused(tuples + "{{ {ns.x: 1} }}", ErrorKind::Resource);
  CHECK(ChatTemplate(nested + "freed").render({}, {}) == "freed");
}

TEST_CASE("shared values that look exponentially large cost what they look") {
  const std::string shared =
      "{% set ns = namespace(x=(1, 2), y=(1, 2)) %}{% for i in range(60) %}"
      "{% set ns.x = (ns.x, ns.x) %}{% set ns.y = (ns.y, ns.y) %}{% endfor %}";
  check_refused(shared + "{{ ns.x }}", ErrorKind::Resource);
  check_refused(shared + "{{ ns.x | tojson }}", ErrorKind::Resource);
  check_refused(shared + "{{ ns.x == ns.y }}", ErrorKind::Resource, kSmall);
  check_refused(shared + "{{ ns.x < ns.y }}", ErrorKind::Resource, kSmall);
  check_refused(shared + "{{ {ns.x: 1} }}", ErrorKind::Resource, kSmall);
}

TEST_CASE("values that contain themselves are freed and refused where they are printed") {
  check_refused("{% set l = [] %}{% set _ = l.append(l) %}{{ l }}", ErrorKind::Resource);
  check_refused("{% set ns = namespace() %}{% set ns.self = ns %}{{ ns }}", ErrorKind::Resource);
  CHECK(ChatTemplate(
            "{% set l = [] %}{% set _ = l.append(l) %}{% set ns = namespace(l=l) %}"
            "{% set ns.ns = ns %}{% macro m() %}{% endmacro %}{% set ns.m = m %}{{ l | length }}")
            .render({}, {}) == "1");
}

TEST_CASE("templates nested beyond reason are refused when read") {
  const auto refused = [](const std::string& source) {
    CHECK_THROWS_AS(ChatTemplate{source}, Error);
  };
  refused("{{ " + repeated("(", 5000) + "1" + repeated(")", 5000) + " }}");
  refused("{{ " + repeated("[", 5000) + repeated("]", 5000) + " }}");
  refused("{{ " + repeated("not ", 5000) + "1 }}");
  refused("{{ " + repeated("- ", 5000) + "1 }}");
  refused("{{ 1" + repeated(" + 1", 5000) + " }}");
  refused("{{ x" + repeated(" | trim", 5000) + " }}");
  refused("{{ x" + repeated(".a", 5000) + " }}");
  refused("{{ 1" + repeated(" if 1 else 1", 5000) + " }}");
  refused(repeated("{% if 1 %}", 5000) + repeated("{% endif %}", 5000));
  refused("{% set " + repeated("(", 5000) + "a" + repeated(")", 5000) + " = 1 %}");
  // What is long but not deep is fine.
  CHECK(ChatTemplate("{{ 'x'" + repeated(" ~ 'x'", 5000) + " }}").render({}, {}).size() == 5001);
  CHECK(ChatTemplate(repeated("{% if 1 %}a{% endif %}", 5000)).render({}, {}).size() == 5000);
}

TEST_CASE("searches that a careless matcher takes quadratic time for end at once") {
  const auto start = std::chrono::steady_clock::now();
  const ChatTemplate search(
      "{% set text = 'a' * 2000000 %}{% set needle = 'a' * 1000000 ~ 'b' %}"
      "{{ needle in text }}{{ text.find(needle) }}{{ text.rfind('b' ~ 'a' * 1000000) }}"
      "{{ text.replace(needle, '') | length }}{{ text.split(needle) | length }}"
      "{{ text.count(needle) }}{{ text.strip(text) | length }}{{ text.rsplit('b' ~ needle) | "
      "length }}");
  CHECK(search.render({}, {}) == "False-1-120000001001");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("long conversations stay well inside the limits") {
  std::vector<ChatMessage> messages;
  for (int i = 0; i < 2000; ++i)
    messages.push_back({i % 2 == 0 ? "user" : "assistant", std::string(500, 'x')});
  for (const char* name : {"qwen3", "mistral-nemo", "gpt-oss", "granite-4.0"}) {
    INFO("template: ", std::string(name));
    const ChatTemplate chat_template(
        read_file(data_path(std::string("templates/") + name + ".jinja")));
    CHECK(chat_template.render(messages, {.date = "2026-07-26"}).size() > 1'000'000);
  }
}

TEST_SUITE_END();
