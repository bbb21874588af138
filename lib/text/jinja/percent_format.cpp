#include "text/jinja/formatting.h"

#include <cmath>
#include <optional>

#include "text/jinja/arithmetic.h"
#include "text/jinja/characters.h"
#include "text/jinja/comparison.h"
#include "text/jinja/number_format.h"
#include "text/jinja/printing.h"

namespace tenon::text::jinja {

namespace {

std::int64_t to_integer(const Value& value, char letter) {
  if (value.is(Type::Float)) {
    const double whole = std::trunc(value.as_real());
    if (!(std::fabs(whole) < 9.2e18))
      throw Error(ErrorKind::Unsupported, "a number to format needs more than 64 bits");
    return static_cast<std::int64_t>(whole);
  }
  require_defined(value);
  if (!value.is_integral())
    fail_type(std::string("%") + letter + " format: a real number is required, not " +
              std::string(type_name(value)));
  return value.as_integer();
}

// Walks a printf-style format and takes the values it asks for.
class PercentFormatter {
 public:
  PercentFormatter(Heap& heap, const StringObject& format, const Value& values)
      : heap_(heap), format_(format.text), is_markup_(format.is_markup), values_(values) {
    const auto* sequence = values.get_if<SequenceObject>();
    is_tuple_ = sequence != nullptr && sequence->flavor == SequenceObject::Flavor::Tuple;
  }

  Value run() {
    while (at_ < format_.size()) {
      if (format_[at_] != '%')
        result_ += format_[at_++];
      else
        convert();
      heap_.check_room(result_.size());
    }
    const std::size_t count = is_tuple_ ? values_.as<SequenceObject>().items.size() : 1;
    if (used_ < count && !may_be_left() && !used_mapping_)
      fail_format(format_, "does not use all of its values");
    return heap_.string(std::move(result_), is_markup_);
  }

 private:
  // To Python whatever takes subscripts may be a mapping, whose values need not all be used.
  bool may_be_left() const {
    const auto* sequence = values_.get_if<SequenceObject>();
    return values_.is(Type::Dict) || values_.is_undefined() ||
           (sequence != nullptr && !is_tuple_ && sequence->flavor <= SequenceObject::Flavor::Range);
  }

  const Value& next_value() {
    const std::size_t index = used_++;
    if (is_tuple_ && index < values_.as<SequenceObject>().items.size())
      return values_.as<SequenceObject>().items[index];
    if (!is_tuple_ && index == 0) return values_;
    fail_format(format_, "needs more values than it is given");
  }

  std::int64_t number_or_star() {
    if (at_ >= format_.size() || format_[at_] != '*') return read_number(format_, at_);
    ++at_;
    const std::int64_t value = to_integer(next_value(), '*');
    if (value > 9'999'999 || value < -9'999'999) fail_format(format_, "asks for too wide a field");
    return value;
  }

  FormatSpec read_spec() {
    FormatSpec spec;
    for (; at_ < format_.size(); ++at_) {
      const char flag = format_[at_];
      if (flag == '-')
        spec.align = '<';
      else if (flag == '+')
        spec.sign = '+';
      else if (flag == ' ')
        spec.sign = spec.sign == '+' ? '+' : ' ';
      else if (flag == '#')
        spec.alternate = true;
      else if (flag == '0')
        has_zeros_ = true;
      else
        break;
    }
    spec.width = number_or_star();
    if (spec.width < 0) spec.align = '<', spec.width = -spec.width;
    if (at_ < format_.size() && format_[at_] == '.') {
      ++at_;
      spec.precision = std::max<std::int64_t>(0, number_or_star());
    }
    while (at_ < format_.size() &&
           (format_[at_] == 'h' || format_[at_] == 'l' || format_[at_] == 'L'))
      ++at_;
    return spec;
  }

  void convert() {
    ++at_;
    std::optional<Value> keyed;
    if (at_ < format_.size() && format_[at_] == '(') keyed = named_value();
    has_zeros_ = false;
    FormatSpec spec = read_spec();
    if (at_ >= format_.size()) fail_format(format_, "ends inside a conversion");
    const char letter = format_[at_++];
    if (letter == '%') {
      result_ += '%';
      return;
    }
    const Value value = keyed ? *keyed : next_value();
    append(spec, letter, value);
  }

  Value named_value() {
    const auto* dict = values_.get_if<DictObject>();
    if (dict == nullptr) fail_format(format_, "needs a dict for its names");
    const std::size_t close = format_.find(')', at_);
    if (close == std::string::npos) fail_format(format_, "has a name without an end");
    const std::string name = format_.substr(at_ + 1, close - at_ - 1);
    const Value* value = dict->dict.find(name);
    if (value == nullptr)
      fail_format(format_, "names " + quoted(name, 40) + ", which is not there");
    used_mapping_ = true;
    at_ = close + 1;
    return *value;
  }

  void append(FormatSpec& spec, char letter, const Value& value) {
    heap_.check_room(result_.size() + static_cast<std::size_t>(spec.width));
    if (has_zeros_ && spec.align == '\0') spec.fill.assign(1, '0'), spec.align = '=';
    switch (letter) {
      case 's':
        return append_text_of(spec, to_text(heap_, value), value);
      case 'r':
      case 'a':
        return append_text_of(spec, representation(heap_, value), value);
      case 'c':
        return append_character_of(spec, value);
      case 'd':
      case 'i':
      case 'u':
        spec.type = 'd';
        result_ += format_integer(spec, to_integer(value, 'd'));
        return;
      case 'x':
      case 'X':
      case 'o':
        if (!value.is_integral()) fail_format(format_, "needs an integer");
        spec.type = letter;
        result_ += format_integer(spec, value.as_integer());
        return;
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        require_defined(value);
        if (!value.is_number()) fail_format(format_, "needs a number");
        spec.type = letter;
        result_ += format_real(spec, value.as_real());
        return;
      default:
        fail_format(format_, std::string("has the unknown conversion %") + letter);
    }
  }

  void append_text_of(FormatSpec spec, std::string text, const Value& value) {
    const auto* string = value.get_if<StringObject>();
    if (is_markup_ && (string == nullptr || !string->is_markup)) text = escape_html(text);
    if (spec.precision >= 0) text = text.substr(0, offset_of(text, spec.precision));
    if (spec.align == '=') spec.align = '>', spec.fill.assign(1, ' ');
    result_ += pad(spec, text, '>');
  }

  void append_character_of(FormatSpec spec, const Value& value) {
    const auto* string = value.get_if<StringObject>();
    if (string != nullptr && count_characters(string->text) == 1) {
      result_ += pad(spec, string->text, '>');
      return;
    }
    if (!value.is_integral() || value.as_integer() < 0 || value.as_integer() > 0x10FFFF)
      fail_format(format_, "needs one character for %c");
    std::string text;
    append_character(text, static_cast<std::int32_t>(value.as_integer()));
    result_ += pad(spec, text, '>');
  }

  Heap& heap_;
  const std::string& format_;
  bool is_markup_;
  const Value& values_;
  bool is_tuple_ = false;
  bool used_mapping_ = false;
  bool has_zeros_ = false;
  std::size_t at_ = 0, used_ = 0;
  std::string result_;
};

}  // namespace

Value percent_format(Heap& heap, const StringObject& format, const Value& values) {
  return PercentFormatter(heap, format, values).run();
}

}  // namespace tenon::text::jinja
