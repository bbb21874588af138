// Any bytes as a chat template, rendered over conversations of every shape with small limits: a
// text or an Error, never anything else. Bytes behind a zero byte are taken as the messages in
// JSON. Seeds: the templates of tests/data/chat_templates.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "text/chat_template.h"

namespace {

constexpr std::string_view kMessages = R"([
  {"role": "system", "content": "Be brief."},
  {"role": "user", "content": [{"type": "text", "text": "Grüße 😀 "}], "name": "Ada"},
  {"role": "assistant", "content": "<think>a</think>b", "tool_calls": [
    {"id": "call00001", "function": {"name": "f", "arguments": {"x": 1.5, "y": null}}}]},
  {"role": "tool", "content": "{\"t\": 1}", "tool_call_id": "call00001"}])";
constexpr std::string_view kVariables = R"({
  "tools": [{"type": "function", "function": {"name": "f", "description": "d",
    "parameters": {"type": "object", "properties": {"x": {"type": "number"}}, "required": []}}}],
  "enable_thinking": true})";

void render(std::string_view source, std::string_view messages) {
  constexpr tenon::text::RenderLimits kLimits{.steps = 50'000, .memory_bytes = 8 << 20};
  try {
    const tenon::text::ChatTemplate chat_template(source);
    (void)chat_template.render_json(
        messages, {.bos_token = "<s>", .eos_token = "</s>", .date = "2026-07-26T14:05:09"},
        kVariables, kLimits);
  } catch (const tenon::Error& error) {
    if (error.kind() == tenon::ErrorKind::Internal) __builtin_trap();
    (void)error.what();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t zero = bytes.find('\0');
  const auto source = std::string_view(bytes).substr(0, zero);
  render(source, zero == std::string::npos ? kMessages : std::string_view(bytes).substr(zero + 1));
  return 0;
}
