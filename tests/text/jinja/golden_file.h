#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "text/chat_template.h"

namespace tenon::text {

inline std::string data_path(const std::string& name) {
  return std::string(TENON_SOURCE_DIR) + "/tests/data/chat_templates/" + name;
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), path);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline nlohmann::ordered_json read_json(const std::string& path) {
  return nlohmann::ordered_json::parse(read_file(path));
}

/// Compares with a record of scripts/oracles/chat_templates.py: {"output"}, or {"error",
/// "message"}. The words of raise_exception and of undefined values must be Jinja's; other failures
/// must only be failures.
template <typename Render>
void check_against(const nlohmann::ordered_json& golden, const Render& render) {
  std::string text;
  try {
    text = render();
  } catch (const Error& error) {
    CHECK_MESSAGE(golden.contains("error"), error.what());
    if (!golden.contains("error")) return;
    const std::string kind = golden["error"], message = golden["message"];
    if (kind == "TemplateError")
      CHECK(error.message() == "the template refuses: " + quoted(message, 400));
    else if (kind == "UndefinedError")
      CHECK(error.message() == message);
    CHECK(error.file() == "chat template");
    CHECK(error.line() > 0);
    CHECK(error.pointer().substr(0, 7) == "column ");
    return;
  }
  CHECK_MESSAGE(golden.contains("output"),
                "no error, where Jinja says: " << golden.value("message", ""));
  if (golden.contains("output")) CHECK(text == golden["output"].get<std::string>());
}

}  // namespace tenon::text
