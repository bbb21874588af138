#include "cli/option_table.h"

#include <algorithm>
#include <cctype>
#include <random>

#include "base/error.h"
#include "cli/suggest.h"
#include "cli/values.h"

namespace tenon::cli {
namespace {

constexpr std::int64_t kMostCount = 100;  // of -v -v -v

std::string list_of(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// "64M" may mean two sizes, and most people know only one of them.
std::string unit_hint(const Option& option, const std::string& word) {
  const bool is_ambiguous = option.kind == ValueKind::Bytes && word.size() > 1 &&
                            std::string_view("kKMGT").find(word.back()) != std::string_view::npos;
  if (!is_ambiguous) return {};
  return word + "B counts in thousands, " + word + "iB in steps of 1024";
}

// Text of every reader: the number must be there and lie in the range of the spec.
template <typename Number>
Number checked(const Option& option, const std::string& word, std::optional<Number> value,
               const std::string& kind) {
  const std::string range = option.range_text();
  const bool has_examples = kind.find(',') != std::string::npos;
  if (!value)
    throw BadValue{word, kind + (range.empty() ? "" : (has_examples ? ", " : " ") + range),
                   unit_hint(option, word)};
  const auto number = static_cast<double>(*value);
  if (number < option.spec.minimum || number > option.spec.maximum) throw BadValue{word, range, {}};
  return *value;
}

void check_choice(const Option& option, const std::string& word) {
  const auto has = [&](const std::vector<std::string>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  if (option.spec.choices.empty() || has(option.spec.choices) || has(option.hidden_choices)) return;
  throw BadValue{word, "one of " + list_of(option.spec.choices),
                 did_you_mean(word, option.spec.choices)};
}

std::string number_in_unit(const Option& option, double number) {
  if (option.kind == ValueKind::Seconds) return format_seconds(number);
  if (option.kind == ValueKind::Bytes) return format_bytes(static_cast<std::int64_t>(number));
  if (option.kind == ValueKind::Real) return format_real(number);
  return std::to_string(static_cast<std::int64_t>(number));
}

}  // namespace

std::string environment_name(std::string_view command, std::string_view option) {
  std::string text = std::string(command) + "_" + std::string(option);
  for (char& c : text) c = c == '-' ? '_' : static_cast<char>(std::toupper(c));
  return text;
}

std::string Option::range_text() const {
  const bool has_minimum = spec.minimum > -std::numeric_limits<double>::infinity();
  const bool has_maximum = spec.maximum < std::numeric_limits<double>::infinity();
  if (has_minimum && has_maximum)
    return "from " + number_in_unit(*this, spec.minimum) + " to " +
           number_in_unit(*this, spec.maximum);
  if (has_minimum) return "at least " + number_in_unit(*this, spec.minimum);
  if (has_maximum) return "at most " + number_in_unit(*this, spec.maximum);
  return {};
}

Option* OptionTable::find(std::string_view name) const {
  while (!name.empty() && name.front() == '-') name.remove_prefix(1);
  for (const auto& option : options_)
    if (option->name == name) return option.get();
  return nullptr;
}

Option& OptionTable::insert(const OptionSpec& spec, ValueKind kind) {
  auto option = std::make_unique<Option>();
  option->spec = spec;
  option->kind = kind;
  std::string_view name = spec.name;
  if (const auto comma = name.find(','); comma != std::string_view::npos) {
    TENON_CHECK(comma == 2 && name[0] == '-' && name[1] != '-');  // "-j,--threads"
    option->letter = name[1];
    name.remove_prefix(comma + 1);
  }
  TENON_CHECK(name.size() > 3 && name.substr(0, 2) == "--");
  TENON_CHECK(name.substr(0, 5) != "--no-");  // register --x with default true instead
  option->name = name.substr(2);
  TENON_CHECK(find(option->name) == nullptr);
  if (kind != ValueKind::Action) option->environment = environment_name(command_, option->name);
  option->is_configurable = kind != ValueKind::Action;
  options_.push_back(std::move(option));
  return *options_.back();
}

void OptionTable::add(const OptionSpec& spec, bool& value) {
  Option& option = insert(spec, ValueKind::Switch);
  option.default_text = value ? "on" : "";
  option.is_at_default = [&value, initial = value] { return value == initial; };
  option.assign = [&value](const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      const auto on = parse_switch(word);
      if (!on) throw BadValue{word, "true or false", {}};
      value = *on;
    }
  };
}

void OptionTable::add(const OptionSpec& spec, std::int64_t& value) {
  Option& option = insert(spec, ValueKind::Integer);
  option.default_text = std::to_string(value);
  option.assign = [&option, &value](const std::vector<std::string>& words) {
    for (const std::string& word : words)
      value = checked(option, word, parse_integer(word), "a whole number");
  };
}

void OptionTable::add(const OptionSpec& spec, double& value) {
  Option& option = insert(spec, ValueKind::Real);
  option.default_text = format_real(value);
  option.assign = [&option, &value](const std::vector<std::string>& words) {
    for (const std::string& word : words)
      value = checked(option, word, parse_real(word), "a number");
  };
}

void OptionTable::add(const OptionSpec& spec, std::string& value) {
  Option& option = insert(spec, ValueKind::Text);
  option.default_text = value;
  option.assign = [&option, &value](const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      check_choice(option, word);
      value = word;
    }
  };
}

void OptionTable::add(const OptionSpec& spec, std::vector<std::string>& values) {
  Option& option = insert(spec, ValueKind::TextList);
  option.default_text = list_of(values);
  option.assign = [&option, &values](const std::vector<std::string>& words) {
    for (const std::string& word : words) check_choice(option, word);
    values = words;  // a higher source replaces the list of a lower one
  };
}

void OptionTable::add_bytes(const OptionSpec& spec, std::int64_t& bytes) {
  Option& option = insert(spec, ValueKind::Bytes);
  option.default_text = format_bytes(bytes);
  option.assign = [&option, &bytes](const std::vector<std::string>& words) {
    for (const std::string& word : words)
      bytes = checked(option, word, parse_bytes(word), "a size such as 64MiB, 1e6 or 512");
  };
}

void OptionTable::add_seconds(const OptionSpec& spec, double& seconds) {
  Option& option = insert(spec, ValueKind::Seconds);
  option.default_text = format_seconds(seconds);
  option.assign = [&option, &seconds](const std::vector<std::string>& words) {
    for (const std::string& word : words)
      seconds = checked(option, word, parse_seconds(word), "a time such as 5us, 20ms or 1.5s");
  };
}

void OptionTable::add_count(const OptionSpec& spec, int& count) {
  Option& option = insert(spec, ValueKind::Count);
  option.assign = [&count](const std::vector<std::string>& words) {
    std::int64_t sum = 0;
    for (const std::string& word : words) {
      if (word == "false") {
        sum = 0;  // --no-verbose takes back what stands before it
      } else if (word == "true") {
        ++sum;
      } else if (const auto number = parse_integer(word);
                 number && *number >= 0 && *number <= kMostCount) {
        sum += *number;
      } else {
        throw BadValue{word, "a count from 0", {}};
      }
    }
    count = static_cast<int>(std::min(sum, kMostCount));
  };
}

void OptionTable::add_seed(const OptionSpec& spec, std::uint64_t& seed, bool& was_given) {
  Option& option = insert(spec, ValueKind::Seed);
  option.default_text = std::to_string(seed);
  option.assign = [&seed, &was_given](const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      if (word == "random") {
        // 53 bits, so that the seed in a summary survives readers that hold numbers as doubles.
        std::random_device device;
        seed = ((std::uint64_t{device()} << 32) | device()) >> 11;
      } else if (const auto number = parse_unsigned(word)) {
        seed = *number;
      } else {
        throw BadValue{word, "a whole number from 0, or random", {}};
      }
      was_given = true;
    }
  };
}

Option& OptionTable::add_action(const OptionSpec& spec) {
  return insert(spec, ValueKind::Action);
}

}  // namespace tenon::cli
