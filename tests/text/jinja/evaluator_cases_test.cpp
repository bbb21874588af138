#include "golden_file.h"

using namespace tenon;
using namespace tenon::text;

namespace {

void check_cases(const std::string& file) {
  const auto cases = read_json(data_path(file));
  REQUIRE(cases.size() > 0);
  for (const auto& golden : cases) {
    const std::string source = golden["template"];
    INFO("template: ", source);
    check_against(golden, [&] {
      const std::string variables = golden.contains("variables") ? golden["variables"].dump() : "";
      return ChatTemplate(source).render_json("[]", {.date = "2026-07-26T14:05:09"}, variables);
    });
  }
}

}  // namespace

TEST_SUITE_BEGIN("jinja");

// Goldens: scripts/oracles/chat_templates.py, Jinja2 3.1.6 in the environment of transformers
// 5.24.0.
TEST_CASE("small templates print what Jinja2 prints, and fail where it fails") {
  check_cases("cases.json");
}

// The same with jinja2.sandbox.SandboxedEnvironment, where lists and dicts may be changed.
TEST_CASE("lists and dicts can be changed as in Jinja2 without the immutable sandbox") {
  check_cases("mutable_cases.json");
}

TEST_SUITE_END();
