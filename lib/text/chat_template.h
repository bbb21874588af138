#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::text {

struct ChatMessage {
  std::string role;     // "system", "user", "assistant", "tool"
  std::string content;
};

struct ChatVariables {
  bool add_generation_prompt = true;
  std::string bos_token;
  std::string eos_token;
  std::string date;     // "26 Jul 2026" for strftime_now and date_string; empty: those are refused
};

/// A chat template in the subset of Jinja that published models use: loops, conditions, set and namespace,
/// macros, filters, tests, string and list methods, slices, raise_exception. See text/jinja/README.md.
class ChatTemplate {
 public:
  /// Throws Error(Input) with line and column for a template it cannot parse.
  explicit ChatTemplate(std::string_view source);
  ~ChatTemplate();
  ChatTemplate(ChatTemplate&&) noexcept;
  ChatTemplate& operator=(ChatTemplate&&) noexcept;

  /// The prompt text. Throws Error(Input) where the template raises an exception (its words) or does
  /// something the subset lacks (named).
  std::string render(const std::vector<ChatMessage>& messages, const ChatVariables& variables) const;

 private:
  struct Program;
  std::unique_ptr<Program> program_;
};

}  // namespace tenon::text
