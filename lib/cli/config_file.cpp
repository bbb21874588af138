#include "cli/config_file.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "cli/input.h"
#include "cli/suggest.h"
#include "cli/values.h"

namespace tenon::cli {
namespace {

using Json = nlohmann::ordered_json;
using Jobs = std::vector<const CommandJob*>;

constexpr std::string_view kForm =
    "a configuration is one JSON object of option names, such as {\"threads\": 2}";

Error error_at(const std::string& path, const std::string& pointer, const std::string& message) {
  return Error(ErrorKind::Usage, message).at(path, 0, pointer);
}

// Keys may not stand twice in one object: readers differ on which one counts.
class DuplicateKeys {
 public:
  bool operator()(int, nlohmann::detail::parse_event_t event, Json& value) {
    using Event = nlohmann::detail::parse_event_t;
    if (event == Event::object_start) open_.emplace_back();
    if (event == Event::object_end) open_.pop_back();
    if (event == Event::key && !open_.back().insert(value.get<std::string>()).second)
      throw Error(ErrorKind::Usage,
                  "the key " + tenon::quoted(value.get<std::string>()) + " stands twice");
    return true;
  }

 private:
  std::vector<std::set<std::string>> open_;
};

// Line of the byte where the parser stopped.
long line_of(const std::string& text, std::size_t byte) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(byte, text.size()));
  return 1 + std::count(text.begin(), end, '\n');
}

// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..." → what is
// wrong.
std::string reason_of(const nlohmann::json::parse_error& error) {
  const std::string text = error.what();
  const auto colon = text.find(": ");
  return colon == std::string::npos ? text : text.substr(colon + 2);
}

Json parse_file(const std::string& path) {
  Input input(path, {});
  const std::string text = read_whole(input);
  try {
    DuplicateKeys duplicates;
    Json json = Json::parse(
        text, [&](int depth, auto event, Json& value) { return duplicates(depth, event, value); });
    if (!json.is_object()) throw Error(ErrorKind::Usage, "must be one JSON object");
    return json;
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(ErrorKind::Usage, "is not JSON: " + reason_of(error))
        .at(path, line_of(text, error.byte == 0 ? 0 : error.byte - 1))
        .hint(kForm);
  } catch (Error& error) {
    throw error.in(path).hint(kForm);
  }
}

std::string kind_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::string:
      return "a text";
    case Json::value_t::boolean:
      return value.get<bool>() ? "true" : "false";
    case Json::value_t::null:
      return "null";
    default:
      return "a number";
  }
}

std::string expected_type(const Option& option) {
  switch (option.kind) {
    case ValueKind::Switch:
      return "true or false";
    case ValueKind::Count:
      return "a whole number";
    case ValueKind::Integer:
      return "a whole number";
    case ValueKind::Real:
      return "a number";
    case ValueKind::Seed:
      return "a whole number or \"random\"";
    case ValueKind::Bytes:
      return "a number or a size such as \"64MiB\"";
    case ValueKind::Seconds:
      return "a number of seconds or a time such as \"5us\"";
    case ValueKind::TextList:
      return "a text or a list of texts";
    case ValueKind::Text:
    case ValueKind::Action:
      break;
  }
  return "a text";
}

// 1e3 is a whole number too, to whoever writes JSON.
std::string number_word(const Json& value) {
  if (value.is_number_unsigned()) return std::to_string(value.get<std::uint64_t>());
  if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
  const double number = value.get<double>();
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (number == std::floor(number) && std::fabs(number) <= kExact)
    return std::to_string(static_cast<std::int64_t>(number));
  return format_real(number);
}

std::vector<std::string> words_of(const Option& option, const Json& value, const std::string& path,
                                  const std::string& pointer) {
  const ValueKind kind = option.kind;
  const bool is_text = kind == ValueKind::Text || kind == ValueKind::TextList;
  const bool takes_number = !is_text && kind != ValueKind::Switch;
  const bool takes_text = is_text || kind == ValueKind::Bytes || kind == ValueKind::Seconds ||
                          (kind == ValueKind::Seed && value == "random");
  const bool takes_switch = kind == ValueKind::Switch || kind == ValueKind::Count;
  if (value.is_boolean() && takes_switch) return {value.get<bool>() ? "true" : "false"};
  if (value.is_number() && takes_number) return {number_word(value)};
  if (value.is_string() && takes_text) return {value.get<std::string>()};
  const bool is_list = value.is_array() && std::all_of(value.begin(), value.end(),
                                                       [](const Json& x) { return x.is_string(); });
  if (is_list && kind == ValueKind::TextList) return value.get<std::vector<std::string>>();
  throw error_at(path, pointer, "is " + kind_of(value) + ", it must be " + expected_type(option));
}

void refuse_key(const std::string& path, const std::string& pointer, const std::string& key,
                const Jobs& jobs) {
  std::vector<std::string> names;
  for (const CommandJob* job : jobs) {
    if (!job->verb().empty()) names.push_back(job->verb());
    if (job->verb() == key)
      throw error_at(path, pointer, "is a verb, its value must be an object of options");
    for (const BoundPositional& positional : job->positionals())
      if (positional.spec.name == key)
        throw error_at(path, pointer, "is an argument, which stands on the command line");
    for (const Option* option : job->options())
      if (option->is_configurable &&
          std::find(names.begin(), names.end(), option->name) == names.end())
        names.push_back(option->name);
    if (const Option* option = job->find(key); option != nullptr && !option->is_configurable)
      throw error_at(path, pointer, "stands on the command line only");
  }
  Error error = error_at(path, pointer, "no option has this name");
  const bool is_dashed = key.compare(0, 2, "--") == 0;
  if (is_dashed) error.hint("names stand without dashes: " + key.substr(2));
  if (key.compare(0, 3, "no-") == 0) error.hint("write " + key.substr(3) + " with the value false");
  if (error.hint().empty()) error.hint(did_you_mean(key, names));
  throw error;
}

// One object of options: every key must be an option of one of `jobs`; those of `job` are
// collected.
void read_object(const std::string& path, const std::string& prefix, const Json& object,
                 const CommandJob* job, const Jobs& jobs, std::vector<ConfigEntry>& entries) {
  for (const auto& [key, value] : object.items()) {
    const std::string pointer = prefix + "/" + key;
    bool is_known = false;
    for (const CommandJob* candidate : jobs) {
      const Option* option = candidate->find(key);
      if (option == nullptr || !option->is_configurable || option->name != key) continue;
      is_known = true;
      const auto words = words_of(*option, value, path, pointer);
      if (candidate == job) entries.push_back({key, pointer, words});
    }
    if (!is_known) refuse_key(path, pointer, key, jobs);
  }
}

}  // namespace

std::vector<ConfigEntry> read_config_file(const std::string& path, const CommandJob& job,
                                          const Jobs& all_jobs) {
  const Json file = parse_file(path);
  std::vector<ConfigEntry> outer, inner;
  Json flat = Json::object();
  for (const auto& [key, value] : file.items()) {
    const auto named = std::find_if(all_jobs.begin(), all_jobs.end(), [&, name = key](auto* one) {
      return !one->verb().empty() && one->verb() == name;
    });
    if (named == all_jobs.end() || !value.is_object()) {
      flat[key] = value;
    } else {
      read_object(path, "/" + key, value, &job, {*named}, inner);
    }
  }
  read_object(path, "", flat, &job, all_jobs, outer);
  outer.insert(outer.end(), inner.begin(), inner.end());
  return outer;
}

}  // namespace tenon::cli
