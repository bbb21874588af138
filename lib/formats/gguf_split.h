#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "formats/gguf_header.h"

/// Split GGUF files: NAME-00001-of-00003.gguf and its fellows, each a GGUF file of its own with
/// split.no (from 0), split.count and split.tensors.count (of all parts).
namespace tenon::formats {

/// Paths of all parts of the split file that `header` belongs to, in order; empty for a file of one
/// part. Throws Error(Input) where the file says it is a part and is not named like one.
std::vector<std::string> split_siblings(const GgufHeader& header);

/// Maps a part; where it is missing the message says which file asked for it.
MappedFile open_sibling(const std::string& path, const std::string& opened);

/// Sees that the headers are the parts of one file in order: numbers, tensor counts, names used
/// once. Throws Error(Input) naming the part. A single header must not be a part of many.
void check_split(std::span<const GgufHeader> headers);

}  // namespace tenon::formats
