// Any bytes as a saved state, with their checksum and without: what is accepted writes back the same bytes.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"
#include "generation/saved_state.h"

using namespace tenon;

namespace {

void read(std::span<const std::byte> bytes) {
  try {
    const generation::SavedState saved = generation::read_saved_state(bytes);
    std::string written;
    generation::write_saved_state(saved, [&](std::string_view piece) { written += piece; });
    if (written.size() != bytes.size() ||
        std::memcmp(written.data(), bytes.data(), bytes.size()) != 0)
      std::abort();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::Input) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::byte> bytes(size);
  if (size > 0) std::memcpy(bytes.data(), data, size);
  read(bytes);
  // The same with the checksum put right, so that a fuzzer reaches what stands behind it.
  const std::uint32_t crc = generation::crc32(bytes);
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<std::byte>(crc >> (8 * i) & 0xFF));
  read(bytes);
  return 0;
}
