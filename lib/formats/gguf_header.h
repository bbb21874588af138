#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "formats/gguf.h"

namespace tenon::formats {

inline constexpr std::string_view kGgufMagic = "GGUF";
inline constexpr std::uint32_t kGgufVersion = 3;
inline constexpr std::uint64_t kGgufDefaultAlignment = 32;
inline constexpr int kGgufMaxRank = 4;  // GGML_MAX_DIMS
inline constexpr std::size_t kGgufMaxNameBytes =
    65535;  // of keys, by the specification; tensor names alike

/// All that stands in front of the numbers of one GGUF file; tensor offsets are from the start
/// of the file.
struct GgufHeader {
  GgufFile::Part part;
  GgufMetadata metadata;
  std::vector<GgufTensor> tensors;
};

/// general.alignment, or 32. Throws Error(Input) for one that no file may have.
std::uint64_t gguf_alignment(const GgufMetadata& metadata);

/// Reads and checks the header of the file `bytes`; see GgufFile for what is refused.
GgufHeader read_gguf_header(std::span<const std::byte> bytes, const std::string& path);

}  // namespace tenon::formats
