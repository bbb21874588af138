#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::text {

struct ChatMessage {
  std::string role;  // "system", "user", "assistant", "tool"
  std::string content;
};

/// What a template sees besides the messages. As in transformers' apply_chat_template, `tools` and
/// `documents` are there and none unless render_json is given them.
struct ChatVariables {
  bool add_generation_prompt = true;
  std::string bos_token = {};
  std::string eos_token = {};
  /// "26 Jul 2026", "2026-07-26" or "2026-07-26T14:05:09": the variable date_string (as it is) and
  /// what strftime_now() formats. Empty: date_string is not defined and strftime_now() is refused;
  /// a format that asks for the time of day is refused where the date has none.
  std::string date = {};
};

/// What a rendering may cost. Templates come from files: one that loops without end, nests or grows
/// without bound ends in Error(Resource). Further limits: range() of 100,000 numbers (as Jinja's
/// sandbox), values and evaluation nested 256 and 600 deep, expressions and statements of a
/// template 100 deep.
struct RenderLimits {
  std::int64_t steps = 50'000'000;  // evaluations, loop turns, 64-byte pieces of text made or read
  std::size_t memory_bytes = std::size_t{1}
                             << 28;  // text and containers alive at once, with the output
};

/// A chat template in the subset of Jinja that published models use, with the environment of
/// Hugging Face transformers: trim_blocks, lstrip_blocks, loop controls, generation blocks, tojson
/// without HTML escapes, raise_exception, strftime_now. Output is byte for byte that of Jinja2. See
/// text/jinja/README.md for what is in the subset and for what is allowed here that transformers'
/// sandbox refuses.
///
/// Immutable after construction: several threads may render one template at once.
class ChatTemplate {
 public:
  /// Throws Error(Input) with line and column for a template it cannot parse, Error(Unsupported)
  /// for a statement outside the subset.
  explicit ChatTemplate(std::string_view source);
  ~ChatTemplate();
  ChatTemplate(ChatTemplate&&) noexcept;
  ChatTemplate& operator=(ChatTemplate&&) noexcept;

  /// The prompt text. Throws, with line and column, Error(Input) where the template raises an
  /// exception (its words) or fails as Jinja would, Error(Unsupported) where it uses something the
  /// subset lacks (named), Error(Resource) beyond `limits`.
  std::string render(const std::vector<ChatMessage>& messages, const ChatVariables& variables,
                     const RenderLimits& limits = {}) const;

  /// The same for messages with more than role and content. `messages`: a JSON array of objects
  /// (name, tool_calls, content as a list of parts, ...). `more_variables`: empty, or a JSON object
  /// of further variables (tools, documents, enable_thinking, ...); what it names wins over
  /// `variables`. Throws Error(Input) with the byte position for text that is not such JSON.
  std::string render_json(std::string_view messages, const ChatVariables& variables,
                          std::string_view more_variables = {},
                          const RenderLimits& limits = {}) const;

 private:
  struct Program;
  std::unique_ptr<Program> program_;
};

}  // namespace tenon::text
