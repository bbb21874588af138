#include "generation/records.h"

#include <charconv>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/suggest.h"

namespace tenon::generation {

namespace {

using Json = nlohmann::json;

Error wrong(const std::string& pointer, const std::string& what) {
  return Error(ErrorKind::Input, what).at("", 0, pointer);
}

std::string type_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::string:
      return "a text";
    case Json::value_t::boolean:
      return value.get<bool>() ? "true" : "false";
    default:
      return "the number " + value.dump();
  }
}

Error wrong_type(const std::string& pointer, const Json& value, const std::string& wanted) {
  return wrong(pointer, "is " + type_of(value) + ", it must be " + wanted);
}

std::string written(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string text_of(const std::string& pointer, const Json& value) {
  if (!value.is_string()) throw wrong_type(pointer, value, "a text");
  return value.get<std::string>();
}

double number_of(const std::string& pointer, const Json& value) {
  if (!value.is_number()) throw wrong_type(pointer, value, "a number");
  return value.get<double>();
}

std::int64_t count_of(const std::string& pointer, const Json& value) {
  // 40.0 is a whole number too, as some writers of JSON have it.
  const bool is_whole =
      value.is_number_integer() || (value.is_number_float() && value.get<double>() >= 0 &&
                                    value.get<double>() <= 9007199254740992.0 &&
                                    value.get<double>() == std::floor(value.get<double>()));
  const bool fits =
      is_whole && (!value.is_number_unsigned() ||
                   value.get<std::uint64_t>() <=
                       static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  if (!fits) throw wrong_type(pointer, value, "a whole number");
  return value.is_number_float() ? static_cast<std::int64_t>(value.get<double>())
                                 : value.get<std::int64_t>();
}

std::uint64_t seed_of(const std::string& pointer, const Json& value) {
  if (!value.is_number_unsigned()) throw wrong_type(pointer, value, "a whole number from 0");
  return value.get<std::uint64_t>();
}

std::vector<std::string> texts_of(const std::string& pointer, const Json& value) {
  if (value.is_string()) return {value.get<std::string>()};
  if (!value.is_array()) throw wrong_type(pointer, value, "a text or a list of texts");
  std::vector<std::string> texts;
  for (const Json& item : value)
    texts.push_back(text_of(pointer + "/" + std::to_string(texts.size()), item));
  return texts;
}

std::vector<std::pair<std::int32_t, double>> bias_of(const std::string& pointer,
                                                     const Json& value) {
  if (!value.is_object())
    throw wrong_type(pointer, value, "an object of token ids and numbers, as {\"198\": -5}");
  std::vector<std::pair<std::int32_t, double>> bias;
  for (const auto& [key, number] : value.items()) {
    std::int32_t token = -1;
    const char* end = key.data() + key.size();
    const auto read = std::from_chars(key.data(), end, token);
    if (read.ec != std::errc() || read.ptr != end || token < 0)
      throw wrong(pointer, "has the key " + tenon::quoted(key) + ", it must be a token id");
    const bool is_ban = number.is_string() && number.get<std::string>() == "-inf";
    bias.emplace_back(token, is_ban ? -std::numeric_limits<double>::infinity()
                                    : number_of(pointer + "/" + key, number));
  }
  return bias;
}

std::vector<text::ChatMessage> messages_of(const std::string& pointer, const Json& value) {
  if (!value.is_array() || value.empty())
    throw wrong_type(pointer, value, "a list of messages, not empty");
  std::vector<text::ChatMessage> messages;
  for (const Json& item : value) {
    const std::string place = pointer + "/" + std::to_string(messages.size());
    if (!item.is_object()) throw wrong_type(place, item, "an object of role and content");
    for (const auto& [key, part] : item.items())
      if (key != "role" && key != "content")
        throw wrong(place, "has the unknown key " + tenon::quoted(key))
            .hint("a message has a role and a content");
    for (const char* key : {"role", "content"})
      if (!item.contains(key)) throw wrong(place, std::string("has no ") + key);
    messages.push_back(
        {text_of(place + "/role", item["role"]), text_of(place + "/content", item["content"])});
  }
  return messages;
}

/// What sets a field of a record from a value, by key.
using Setter = std::function<void(InputRecord&, const std::string& pointer, const Json& value)>;

const std::map<std::string, Setter>& setters() {
  using Record = InputRecord;
  const auto number = [](double sampling::SamplingOptions::*field) -> Setter {
    return [field](Record& record, const std::string& pointer, const Json& value) {
      record.settings.sampling.*field = number_of(pointer, value);
    };
  };
  const auto count = [](std::int64_t sampling::SamplingOptions::*field) -> Setter {
    return [field](Record& record, const std::string& pointer, const Json& value) {
      record.settings.sampling.*field = count_of(pointer, value);
    };
  };
  const auto limit = [](std::int64_t RequestSettings::*field) -> Setter {
    return [field](Record& record, const std::string& pointer, const Json& value) {
      record.settings.*field = count_of(pointer, value);
    };
  };
  using Sampling = sampling::SamplingOptions;
  static const std::map<std::string, Setter> all = {
      {"id", [](Record& record, const std::string&,
                const Json& value) { record.id_json = written(value); }},
      {"prompt", [](Record& record, const std::string& pointer,
                    const Json& value) { record.prompt = text_of(pointer, value); }},
      {"messages", [](Record& record, const std::string& pointer,
                      const Json& value) { record.messages = messages_of(pointer, value); }},
      {"stop", [](Record& record, const std::string& pointer,
                  const Json& value) { record.settings.stop_texts = texts_of(pointer, value); }},
      {"seed",
       [](Record& record, const std::string& pointer, const Json& value) {
         record.settings.sampling.seed = seed_of(pointer, value);
         record.has_own_seed = true;
       }},
      {"logit_bias",
       [](Record& record, const std::string& pointer, const Json& value) {
         record.settings.sampling.logit_bias = bias_of(pointer, value);
       }},
      {"max_tokens", limit(&RequestSettings::max_tokens)},
      {"logprobs", limit(&RequestSettings::logprobs)},
      {"samples", limit(&RequestSettings::samples)},
      {"temperature", number(&Sampling::temperature)},
      {"top_k", count(&Sampling::top_k)},
      {"top_p", number(&Sampling::top_p)},
      {"min_p", number(&Sampling::min_p)},
      {"typical_p", number(&Sampling::typical_p)},
      {"repeat_penalty", number(&Sampling::repeat_penalty)},
      {"presence_penalty", number(&Sampling::presence_penalty)},
      {"frequency_penalty", number(&Sampling::frequency_penalty)},
      {"penalty_window", count(&Sampling::penalty_window)},
  };
  return all;
}

// Parses one object; a key that stands in it twice is refused, because readers differ in which they take.
Json parse_object(std::string_view text) {
  std::set<std::string> keys;
  std::optional<std::string> twice;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    // Far beyond any record, far below what writing an "id" back can take.
    constexpr int kDeepest = 100;
    if (depth > kDeepest) throw Error(ErrorKind::Input, "the record is nested too deeply");
    if (event == Json::parse_event_t::key && depth == 1 &&
        !keys.insert(parsed.get<std::string>()).second)
      twice = parsed.get<std::string>();
    return true;
  };
  Json record;
  try {
    record = Json::parse(text, watch);
  } catch (const Json::parse_error& error) {
    throw Error(ErrorKind::Input, "is not JSON: a mistake at byte " + std::to_string(error.byte))
        .hint("every line is an object, as {\"id\": 1, \"prompt\": \"Once upon a time\"}");
  }
  if (!record.is_object())
    throw Error(ErrorKind::Input, "is " + type_of(record) + ", a record is an object")
        .hint("write {\"id\": 1, \"prompt\": \"Once upon a time\"}");
  if (twice) throw wrong("/" + *twice, "the key stands in the record twice");
  return record;
}

Error unknown_key(const std::string& key) {
  std::vector<std::string> known;
  for (const auto& [name, setter] : setters()) known.push_back(name);
  std::string hint = did_you_mean(key, known);
  if (hint.empty()) hint = "tenon-formats(5) lists the keys of a record";
  return Error(ErrorKind::Input, "the record has the unknown key " + tenon::quoted(key)).hint(hint);
}

// Settings of the command line that this record's own settings have left without effect.
void drop_idle_defaults(const Json& record, RequestSettings& settings) {
  const sampling::SamplingOptions off;
  sampling::SamplingOptions& options = settings.sampling;
  const auto is_own = [&](const char* key) { return record.contains(key); };
  if (options.temperature == 0.0) {
    if (!is_own("top_k")) options.top_k = off.top_k;
    if (!is_own("top_p")) options.top_p = off.top_p;
    if (!is_own("min_p")) options.min_p = off.min_p;
    if (!is_own("typical_p")) options.typical_p = off.typical_p;
    if (!is_own("samples")) settings.samples = 1;
  }
  if (!options.has_penalties() && !is_own("penalty_window"))
    options.penalty_window = off.penalty_window;
}

void check_prompt(const Json& record) {
  const bool has_prompt = record.contains("prompt"), has_messages = record.contains("messages");
  if (has_prompt && has_messages)
    throw Error(ErrorKind::Input, "the record has both a prompt and messages")
        .hint("prompt is a text to continue, messages are a conversation to answer; give one");
  if (!has_prompt && !has_messages)
    throw Error(ErrorKind::Input, "the record has neither a prompt nor messages")
        .hint("write {\"id\": 1, \"prompt\": \"Once upon a time\"}");
}

InputRecord record_of(const Json& json, long line, const RequestSettings& defaults) {
  InputRecord record;
  record.id_json = std::to_string(line);
  record.settings = defaults;
  for (const auto& [key, value] : json.items()) {
    const auto setter = setters().find(key);
    if (setter == setters().end()) throw unknown_key(key);
    setter->second(record, "/" + key, value);
  }
  check_prompt(json);
  drop_idle_defaults(json, record.settings);
  try {
    record.settings.validate(sampling::SamplingOptions::Naming::Keys);
  } catch (const Error& error) {
    throw Error(ErrorKind::Input, error.message()).hint(error.hint());
  }
  return record;
}

}  // namespace

InputRecord parse_record(std::string_view json, long line, const RequestSettings& defaults) {
  try {
    return record_of(parse_object(json), line, defaults);
  } catch (Error& error) {
    throw error.on_line(line);
  }
}

std::string record_id(std::string_view json, long line) {
  try {
    const Json record = parse_object(json);
    if (record.contains("id")) return written(record["id"]);
  } catch (const Error&) {
    // Its line names a record as well.
  }
  return std::to_string(line);
}

Shard parse_shard(std::string_view text) {
  Shard shard;
  const std::size_t slash = text.find('/');
  const char* const end = text.data() + text.size();
  bool is_right = slash != std::string_view::npos;
  if (is_right) {
    const char* const middle = text.data() + slash;
    const auto index = std::from_chars(text.data(), middle, shard.index);
    const auto count = std::from_chars(middle + 1, end, shard.count);
    is_right = index.ec == std::errc() && index.ptr == middle && count.ec == std::errc() &&
               count.ptr == end && shard.index >= 1 && shard.index <= shard.count;
  }
  if (is_right) return shard;
  throw Error(ErrorKind::Usage,
              "--shard " + tenon::quoted(text) + ", it must be I/N with I from 1 to N")
      .hint("--shard 1/4, 2/4, 3/4 and 4/4 together do all records");
}

}  // namespace tenon::generation
