#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "formats/safetensors.h"

namespace tenon::formats {

inline constexpr std::uint64_t kSafetensorsMaxHeaderBytes = 100'000'000;

struct SafetensorsHeader {
  SafetensorsFile::Metadata metadata;
  std::vector<SafetensorsTensor>
      tensors;  // in the order of the header; offsets from the start of the file
};

/// Reads and checks the header of the file `bytes`; see SafetensorsFile for what is refused.
SafetensorsHeader read_safetensors_header(std::span<const std::byte> bytes,
                                          const std::string& path);

/// (tensor, file name) pairs of an index file, in its order. Throws Error(Input) for text that is
/// no index, for tensors named twice, and for file names that lead out of the folder.
std::vector<std::pair<std::string, std::string>> read_safetensors_index(
    std::span<const std::byte> text, const std::string& path);

}  // namespace tenon::formats
