#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace tenon::formats {

/// What the first bytes of a file look like, to complete "it looks like ...": "an ELF program or
/// library", "a ZIP archive (PyTorch saves checkpoints so)", "safetensors", "JSON", "text", "binary
/// data". "an empty file" for none.
std::string file_kind(std::span<const std::byte> bytes);

}  // namespace tenon::formats
