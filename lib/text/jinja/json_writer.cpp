#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "text/jinja/characters.h"
#include "text/jinja/comparison.h"
#include "text/jinja/json.h"
#include "text/jinja/printing.h"

namespace tenon::text::jinja {

namespace {

using Flavor = SequenceObject::Flavor;

class Writer {
 public:
  Writer(Heap& heap, const JsonStyle& style) : heap_(heap), style_(style) {}

  std::string take() { return std::move(text_); }

  void write(const Value& value) {
    if (depth_ > kMaxValueDepth)
      throw Error(ErrorKind::Resource, "a value for tojson is nested more than " +
                                           std::to_string(kMaxValueDepth) + " deep");
    const std::size_t before = text_.size();
    write_any(value);
    heap_.spend_text(text_.size() - before);
    heap_.check_room(text_.size());
  }

 private:
  void write_any(const Value& value) {
    switch (value.type()) {
      case Type::None:
        text_ += "null";
        return;
      case Type::Boolean:
        text_ += value.as_boolean() ? "true" : "false";
        return;
      case Type::Integer:
        text_ += std::to_string(value.as_integer());
        return;
      case Type::Float:
        text_ += real_text(value.as_real());
        return;
      case Type::String:
        write_string(value.as<StringObject>().text);
        return;
      case Type::Dict:
        write_dict(value.as<DictObject>().dict);
        return;
      case Type::Sequence: {
        const auto& sequence = value.as<SequenceObject>();
        if (sequence.flavor > Flavor::Tuple) break;
        write_list(sequence.items);
        return;
      }
      default:
        break;
    }
    fail_type("Object of type " + std::string(type_name(value)) + " is not JSON serializable");
  }

  static std::string real_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    return float_text(value);
  }

  void escape(unsigned code) {
    std::array<char, 16> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "\\u%04x", code);
    text_ += buffer.data();
  }

  void write_character(std::string_view text, std::int32_t code) {
    const auto value = static_cast<unsigned>(code);
    switch (code) {
      case '"':
        text_ += "\\\"";
        return;
      case '\\':
        text_ += "\\\\";
        return;
      case '\n':
        text_ += "\\n";
        return;
      case '\r':
        text_ += "\\r";
        return;
      case '\t':
        text_ += "\\t";
        return;
      case '\f':
        text_ += "\\f";
        return;
      case '\b':
        text_ += "\\b";
        return;
      default:
        break;
    }
    if (code < 0x20 || (style_.ensures_ascii && code >= 0x7F && code < 0x10000)) {
      escape(value);
    } else if (style_.ensures_ascii && code >= 0x10000) {  // as a surrogate pair
      escape(0xD800 + ((value - 0x10000) >> 10));
      escape(0xDC00 + ((value - 0x10000) & 0x3FF));
    } else {
      text_ += text;
    }
  }

  void write_string(std::string_view text) {
    text_ += '"';
    for (std::size_t at = 0; at < text.size();) {
      const auto [code, bytes] = character_at(text, at);
      write_character(text.substr(at, bytes), code);
      at += bytes;
    }
    text_ += '"';
  }

  void break_line() {
    if (!style_.is_indented) return;
    text_ += '\n';
    for (int i = 0; i < depth_; ++i) text_ += style_.indent;
  }

  void write_list(const std::vector<Value>& items) {
    if (items.empty()) {
      text_ += "[]";
      return;
    }
    text_ += '[';
    ++depth_;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) text_ += style_.item_separator;
      break_line();
      write(items[i]);
    }
    --depth_;
    break_line();
    text_ += ']';
  }

  // Keys become strings; those that cannot are errors.
  std::string key_text(const Value& key) {
    switch (key.type()) {
      case Type::String:
        return key.as<StringObject>().text;
      case Type::None:
        return "null";
      case Type::Boolean:
        return key.as_boolean() ? "true" : "false";
      case Type::Integer:
        return std::to_string(key.as_integer());
      case Type::Float:
        return real_text(key.as_real());
      default:
        fail_type("keys must be str, int, float, bool or None, not " + std::string(type_name(key)));
    }
  }

  void write_dict(const Dict& dict) {
    if (dict.size() == 0) {
      text_ += "{}";
      return;
    }
    heap_.spend(static_cast<std::int64_t>(dict.size()));
    std::vector<const Dict::Entry*> entries;
    for (const auto& entry : dict.entries()) entries.push_back(&entry);
    if (style_.sorts_keys)
      std::stable_sort(entries.begin(), entries.end(),
                       [](const auto* a, const auto* b) { return less(a->key, b->key); });
    text_ += '{';
    ++depth_;
    bool is_first = true;
    for (const Dict::Entry* entry : entries) {
      if (!is_first) text_ += style_.item_separator;
      is_first = false;
      break_line();
      write_string(key_text(entry->key));
      text_ += style_.key_separator;
      write(entry->value);
    }
    --depth_;
    break_line();
    text_ += '}';
  }

  Heap& heap_;
  const JsonStyle& style_;
  std::string text_;
  int depth_ = 0;
};

}  // namespace

std::string to_json(Heap& heap, const Value& value, const JsonStyle& style) {
  Writer writer(heap, style);
  writer.write(value);
  return writer.take();
}

}  // namespace tenon::text::jinja
