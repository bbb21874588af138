#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "generation/request.h"
#include "text/chat_template.h"

namespace tenon::generation {

/// One line of an input of requests:
///
///   {"id": 7, "prompt": "Once upon a time", "max_tokens": 40, "temperature": 0.8, "stop": ["\n"]}
///   {"id": "b", "messages": [{"role": "user", "content": "Why is the sky blue?"}]}
///
/// Every other key overrides a setting of the command line, and is spelled like its flag with '_' for '-'.
/// tenon-formats(5) lists them.
struct InputRecord {
  std::string id_json;  // "id" as JSON, for the output; the line number where the record has none
  std::string prompt;   // if messages is empty
  std::vector<text::ChatMessage> messages;  // empty: a prompt
  bool has_own_seed = false;
  RequestSettings settings;
};

/// Reads a record; what it does not set comes from `defaults`. Where a record's temperature is 0 the cuts of
/// the defaults are off, and so is a penalty window without a penalty: only what the record itself sets
/// without effect is refused.
///
/// Throws Error(Input) that names the key (as a JSON pointer) and `line`: no JSON, not an object, a key twice
/// or unknown (with the closest spelling), a value of the wrong type or out of range, neither or both
/// of prompt and messages.
InputRecord parse_record(std::string_view json, long line, const RequestSettings& defaults);

/// The number of the line as "id", for a record that cannot be read; its "id" if that much can be.
std::string record_id(std::string_view json, long line);

/// Part I of N of a run over many records: every N-th, counted from the I-th.
struct Shard {
  std::int64_t index = 1;
  std::int64_t count = 1;
  bool holds(std::int64_t record) const { return record % count == index - 1; }  // from 0
};
/// "2/8". Throws Error(Usage).
Shard parse_shard(std::string_view text);

}  // namespace tenon::generation
