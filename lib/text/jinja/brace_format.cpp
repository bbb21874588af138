#include "text/jinja/formatting.h"

#include "text/jinja/access.h"
#include "text/jinja/arithmetic.h"
#include "text/jinja/characters.h"
#include "text/jinja/comparison.h"
#include "text/jinja/number_format.h"
#include "text/jinja/printing.h"

namespace tenon::text::jinja {

namespace {

bool starts_with_digit(std::string_view text) {
  return !text.empty() && text[0] >= '0' && text[0] <= '9';
}

// Walks a format with fields in braces.
class BraceFormatter {
 public:
  BraceFormatter(Heap& heap, const StringObject& format, const Arguments& arguments)
      : heap_(heap), format_(format.text), is_markup_(format.is_markup), arguments_(arguments) {}

  Value run() {
    while (at_ < format_.size()) {
      const char c = format_[at_];
      const bool is_double = at_ + 1 < format_.size() && format_[at_ + 1] == c;
      if (c != '{' && c != '}') {
        result_ += c;
        ++at_;
      } else if (is_double) {
        result_ += c;
        at_ += 2;
      } else if (c == '}') {
        fail_format(format_, "has a single \"}\"");
      } else {
        field();
      }
      heap_.check_room(result_.size());
    }
    return heap_.string(std::move(result_), is_markup_);
  }

 private:
  void field() {
    const std::size_t close = format_.find('}', at_);
    if (close == std::string::npos) fail_format(format_, "has a \"{\" without an end");
    std::string_view inner = std::string_view(format_).substr(at_ + 1, close - at_ - 1);
    if (inner.find('{') != std::string_view::npos)
      throw Error(ErrorKind::Unsupported, "fields inside fields of str.format");
    at_ = close + 1;
    std::string_view spec, conversion;
    if (const auto colon = inner.find(':'); colon != std::string_view::npos) {
      spec = inner.substr(colon + 1);
      inner = inner.substr(0, colon);
    }
    if (const auto mark = inner.find('!'); mark != std::string_view::npos) {
      conversion = inner.substr(mark + 1);
      inner = inner.substr(0, mark);
    }
    append(convert(lookup(inner), conversion), spec);
  }

  // "0.name[key]": the argument, then attributes and items of it.
  Value lookup(std::string_view path) {
    std::size_t end = path.find_first_of(".[");
    if (end == std::string_view::npos) end = path.size();
    Value value = argument(path.substr(0, end));
    while (end < path.size()) {
      const bool is_item = path[end] == '[';
      std::size_t next = is_item ? path.find(']', end) : path.find_first_of(".[", end + 1);
      if (next == std::string_view::npos) {
        if (is_item) fail_format(format_, "has a \"[\" without an end");
        next = path.size();
      }
      const auto name = path.substr(end + 1, next - end - 1);
      value = is_item ? item(value, name) : attribute(heap_, value, name);
      end = is_item ? next + 1 : next;
    }
    return value;
  }

  Value item(const Value& value, std::string_view name) {
    std::size_t at = 0;
    if (starts_with_digit(name)) {
      const std::int64_t index = read_number(name, at);
      if (at == name.size()) return subscript(heap_, value, Value::integer(index));
    }
    return subscript(heap_, value, heap_.string(std::string(name)));
  }

  Value argument(std::string_view name) {
    std::size_t at = 0;
    std::size_t index = next_++;
    if (starts_with_digit(name)) {
      index = static_cast<std::size_t>(read_number(name, at));
      if (at != name.size()) fail_format(format_, "has a field that is neither number nor name");
    } else if (!name.empty()) {
      for (const auto& [key, value] : arguments_.named)
        if (key == name) return value;
      fail_format(format_, "names " + quoted(name, 40) + ", which is not there");
    }
    if (index >= arguments_.positional.size())
      fail_format(format_, "needs more values than it is given");
    return arguments_.positional[index];
  }

  Value convert(Value value, std::string_view conversion) {
    if (conversion.empty()) return value;
    if (conversion == "s") return heap_.string(to_text(heap_, value));
    if (conversion == "r") return heap_.string(representation(heap_, value));
    fail_format(format_, "has a conversion other than !s and !r");
  }

  // [[fill]align][sign][#][0][width][,][.precision][type]
  FormatSpec read_spec(std::string_view text) {
    FormatSpec spec;
    std::size_t at = 0;
    const auto is_align = [](char c) {
      return std::string_view("<>^=").find(c) != std::string_view::npos;
    };
    const std::size_t first = text.empty() ? 0 : character_at(text, 0).bytes;
    if (first < text.size() && is_align(text[first])) {
      spec.fill = text.substr(0, first);
      spec.align = text[first];
      at = first + 1;
    } else if (is_align(text[0])) {
      spec.align = text[at++];
    }
    const auto is_next = [&](char c) { return at < text.size() && text[at] == c; };
    if (is_next('+') || is_next('-') || is_next(' ')) spec.sign = text[at++];
    if (is_next('#')) spec.alternate = true, ++at;
    if (is_next('0')) {
      ++at;
      if (spec.align == '\0') spec.fill.assign(1, '0'), spec.align = '=';
    }
    spec.width = read_number(text, at);
    if (is_next(',')) spec.has_commas = true, ++at;
    if (is_next('.')) spec.precision = read_number(text, ++at);
    if (at < text.size()) spec.type = text[at++];
    if (at != text.size()) fail_format(format_, "has a specification that is not understood");
    return spec;
  }

  void append(const Value& value, std::string_view spec_text) {
    if (spec_text.empty()) {
      const auto* string = value.get_if<StringObject>();
      const bool is_safe = string != nullptr && string->is_markup;
      const std::string text = to_text(heap_, value);
      result_ += is_markup_ && !is_safe ? escape_html(text) : text;
      return;
    }
    require_defined(value);
    const FormatSpec spec = read_spec(spec_text);
    heap_.check_room(result_.size() + static_cast<std::size_t>(spec.width));
    result_ += is_markup_ ? escape_html(laid_out(value, spec)) : laid_out(value, spec);
  }

  std::string laid_out(const Value& value, FormatSpec spec) {
    if (const auto* string = value.get_if<StringObject>()) {
      if ((spec.type != '\0' && spec.type != 's') || spec.align == '=')
        fail_format(format_, "has a number's specification for a string");
      std::string text = string->text;
      if (spec.precision >= 0) text = text.substr(0, offset_of(text, spec.precision));
      return pad(spec, text, '<');
    }
    const bool is_real_type = std::string_view("eEfFgG%").find(spec.type) != std::string_view::npos;
    if (value.is_number() && spec.type != '\0' && is_real_type)
      return format_real(spec, value.as_real());
    const bool is_integer_type =
        std::string_view("dxXob").find(spec.type) != std::string_view::npos;
    if (value.is_integral() && spec.precision < 0 && (spec.type == '\0' || is_integer_type)) {
      if (spec.type == '\0') spec.type = 'd';
      return format_integer(spec, value.as_integer());
    }
    throw Error(ErrorKind::Unsupported, "a specification in the format " + quoted(format_, 60) +
                                            " for a value of type " +
                                            std::string(type_name(value)));
  }

  Heap& heap_;
  const std::string& format_;
  bool is_markup_;
  const Arguments& arguments_;
  std::size_t at_ = 0, next_ = 0;
  std::string result_;
};

}  // namespace

Value brace_format(Heap& heap, const StringObject& format, const Arguments& arguments) {
  return BraceFormatter(heap, format, arguments).run();
}

}  // namespace tenon::text::jinja
