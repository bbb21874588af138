// Any bytes as a line of requests.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "generation/records.h"

using namespace tenon;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  generation::record_id(line, 1);
  try {
    const generation::InputRecord record = generation::parse_record(line, 1, {});
    record.settings.validate();
    if (record.id_json.empty()) std::abort();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::Input || error.line() != 1) std::abort();
  }
  return 0;
}
