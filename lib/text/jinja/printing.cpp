#include "text/jinja/printing.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "text/jinja/characters.h"
#include "text/jinja/comparison.h"
#include "text/jinja/scope.h"

namespace tenon::text::jinja {

namespace {

using Flavor = SequenceObject::Flavor;

// Writes repr() of values into one string, counting the work.
class Printer {
 public:
  Printer(Heap& heap, std::string& text) : heap_(heap), text_(text) {}

  void print(const Value& value) {
    if (++depth_ > kMaxValueDepth)
      throw Error(ErrorKind::Resource, "a value to print is nested more than " +
                                           std::to_string(kMaxValueDepth) + " deep");
    const std::size_t before = text_.size();
    print_any(value);
    heap_.spend_text(text_.size() - before);
    heap_.check_room(text_.size());
    --depth_;
  }

 private:
  void print_any(const Value& value) {
    switch (value.type()) {
      case Type::Undefined:
        text_ += "Undefined";
        break;
      case Type::String: {
        const auto& string = value.as<StringObject>();
        const std::string quotes = quoted_text(string.text);
        text_ += string.is_markup ? "Markup(" + quotes + ")" : quotes;
        break;
      }
      case Type::Sequence:
        print_sequence(value.as<SequenceObject>());
        break;
      case Type::Dict:
        print_dict(value.as<DictObject>().dict);
        break;
      case Type::Namespace:
        text_ += "<Namespace ";
        print_dict(value.as<NamespaceObject>().attributes);
        text_ += ">";
        break;
      default:
        text_ += to_text(heap_, value);
    }
  }

  void print_items(const std::vector<Value>& items) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) text_ += ", ";
      print(items[i]);
    }
  }

  void print_sequence(const SequenceObject& sequence) {
    switch (sequence.flavor) {
      case Flavor::Tuple:
        text_ += "(";
        print_items(sequence.items);
        text_ += sequence.items.size() == 1 ? ",)" : ")";
        return;
      case Flavor::Range:
        text_ += "range(" + std::to_string(sequence.start) + ", " + std::to_string(sequence.stop) +
                 (sequence.step == 1 ? ")" : ", " + std::to_string(sequence.step) + ")");
        return;
      case Flavor::Generator:
        throw Error(ErrorKind::Unsupported,
                    "the template prints a lazy sequence (made by map, select, reverse, ...)")
            .hint("Jinja would print its memory address; |list or |join makes it text");
      case Flavor::List:
        text_ += "[";
        break;
      case Flavor::Keys:
        text_ += "dict_keys([";
        break;
      case Flavor::Values:
        text_ += "dict_values([";
        break;
      case Flavor::Items:
        text_ += "dict_items([";
        break;
    }
    print_items(sequence.items);
    text_ += sequence.flavor == Flavor::List ? "]" : "])";
  }

  void print_dict(const Dict& dict) {
    text_ += "{";
    bool is_first = true;
    for (const auto& [key, value] : dict.entries()) {
      if (!is_first) text_ += ", ";
      is_first = false;
      print(key);
      text_ += ": ";
      print(value);
    }
    text_ += "}";
  }

  Heap& heap_;
  std::string& text_;
  int depth_ = 0;
};

void append_escape(std::string& text, std::int32_t code) {
  std::array<char, 12> escape{};
  const auto value = static_cast<unsigned>(code);
  if (code < 0x100)
    std::snprintf(escape.data(), escape.size(), "\\x%02x", value);
  else if (code < 0x10000)
    std::snprintf(escape.data(), escape.size(), "\\u%04x", value);
  else
    std::snprintf(escape.data(), escape.size(), "\\U%08x", value);
  text += escape.data();
}

}  // namespace

std::string quoted_text(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const bool has_double = text.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  std::string result(1, quote);
  result.reserve(text.size() + 2);
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, bytes] = character_at(text, at);
    if (code == '\n')
      result += "\\n";
    else if (code == '\r')
      result += "\\r";
    else if (code == '\t')
      result += "\\t";
    else if (code == '\\' || code == quote)
      (result += '\\') += static_cast<char>(code);
    else if (is_printable(code))
      result += text.substr(at, bytes);
    else
      append_escape(result, code);
    at += bytes;
  }
  return result += quote;
}

std::string float_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific);
  const std::string_view scientific(buffer.data(),
                                    static_cast<std::size_t>(end.ptr - buffer.data()));
  // "-d.ddde+XX": Python writes an exponent only below 1e-4 and from 1e16 on.
  const std::size_t e = scientific.find('e');
  std::int64_t exponent = 0;
  const char* digits_of_exponent = scientific.data() + e + (scientific[e + 1] == '+' ? 2 : 1);
  std::from_chars(digits_of_exponent, scientific.data() + scientific.size(), exponent);
  if (exponent < -4 || exponent >= 16) return std::string(scientific);

  const bool is_negative = scientific.front() == '-';
  std::string digits;
  for (const char c : scientific.substr(0, e))
    if (c != '.' && c != '-') digits += c;
  std::string result = is_negative ? "-" : "";
  if (exponent < 0)
    return result + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole)
    return result + digits + std::string(whole - digits.size(), '0') + ".0";
  return result + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string representation(Heap& heap, const Value& value) {
  std::string text;
  Printer(heap, text).print(value);
  return text;
}

void append_text(Heap& heap, std::string& text, const Value& value) {
  if (const auto* string = value.get_if<StringObject>())
    text += string->text;
  else
    text += to_text(heap, value);
}

std::string to_text(Heap& heap, const Value& value) {
  switch (value.type()) {
    case Type::None:
      return "None";
    case Type::Boolean:
      return value.as_boolean() ? "True" : "False";
    case Type::Integer:
      return std::to_string(value.as_integer());
    case Type::Float:
      return float_text(value.as_real());
    case Type::Undefined:
      return "";
    case Type::String:
      return value.as<StringObject>().text;
    case Type::Sequence:
    case Type::Dict:
    case Type::Namespace:
      return representation(heap, value);
    case Type::Loop: {
      const auto& loop = value.as<LoopObject>();
      return "<LoopContext " + std::to_string(loop.index + 1) + "/" +
             std::to_string(loop.items.size()) + ">";
    }
    case Type::Macro:
      return "<Macro " + quoted_text(value.as<MacroObject>().name) + ">";
    default:
      throw Error(ErrorKind::Unsupported,
                  "the template prints a " + std::string(type_name(value)) + " itself")
          .hint("is a call, (), missing behind it?");
  }
}

}  // namespace tenon::text::jinja
