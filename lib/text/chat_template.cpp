#include "text/chat_template.h"

#include "text/jinja/evaluator.h"
#include "text/jinja/heap.h"
#include "text/jinja/json.h"
#include "text/jinja/parser.h"

namespace tenon::text {

struct ChatTemplate::Program {
  jinja::Template parsed;
};

ChatTemplate::ChatTemplate(std::string_view source)
    : program_(std::make_unique<Program>(Program{jinja::parse(source)})) {}

ChatTemplate::~ChatTemplate() = default;
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;

namespace {

using jinja::Heap;
using jinja::Value;

// A dict of what apply_chat_template passes.
Value make_variables(Heap& heap, Value messages, const ChatVariables& variables) {
  Value dict = heap.dict();
  const auto set = [&](const char* name, Value value) {
    heap.set(dict, heap.string(name), std::move(value));
  };
  set("messages", std::move(messages));
  set("tools", Value());
  set("documents", Value());
  set("add_generation_prompt", Value::boolean(variables.add_generation_prompt));
  set("bos_token", heap.string(variables.bos_token));
  set("eos_token", heap.string(variables.eos_token));
  if (!variables.date.empty()) set("date_string", heap.string(variables.date));
  return dict;
}

Value make_messages(Heap& heap, const std::vector<ChatMessage>& messages) {
  std::vector<Value> items;
  for (const ChatMessage& message : messages) {
    Value item = heap.dict();
    heap.set(item, heap.string("role"), heap.string(message.role));
    heap.set(item, heap.string("content"), heap.string(message.content));
    items.push_back(std::move(item));
  }
  return heap.list(std::move(items));
}

Value parse_messages(Heap& heap, std::string_view json) {
  Value messages = jinja::from_json(heap, json, "messages");
  const auto* list = messages.get_if<jinja::SequenceObject>();
  if (list == nullptr) throw std::move(Error(ErrorKind::Input, "not an array").at("messages"));
  for (std::size_t i = 0; i < list->items.size(); ++i)
    if (!list->items[i].is(jinja::Type::Dict))
      throw std::move(Error(ErrorKind::Input, "a message that is not an object")
                          .at("messages", 0, "/" + std::to_string(i)));
  return messages;
}

void add_variables(Heap& heap, Value& variables, std::string_view json) {
  const Value more = jinja::from_json(heap, json, "template variables");
  const auto* object = more.get_if<jinja::DictObject>();
  if (object == nullptr)
    throw std::move(Error(ErrorKind::Input, "not an object").at("template variables"));
  for (const auto& [name, value] : object->dict.entries()) heap.set(variables, name, value);
}

}  // namespace

std::string ChatTemplate::render(const std::vector<ChatMessage>& messages,
                                 const ChatVariables& variables, const RenderLimits& limits) const {
  Heap heap(limits);
  const Value all = make_variables(heap, make_messages(heap, messages), variables);
  return jinja::Evaluator(program_->parsed, heap, variables.date).render(all);
}

std::string ChatTemplate::render_json(std::string_view messages, const ChatVariables& variables,
                                      std::string_view more_variables,
                                      const RenderLimits& limits) const {
  Heap heap(limits);
  Value all = make_variables(heap, parse_messages(heap, messages), variables);
  if (!more_variables.empty()) add_variables(heap, all, more_variables);
  return jinja::Evaluator(program_->parsed, heap, variables.date).render(all);
}

}  // namespace tenon::text
