#pragma once

#include <memory>
#include <string>

#include "formats/gguf.h"
#include "formats/safetensors.h"
#include "tensor/weight_source.h"

namespace tenon::formats {

/// Weights from whichever format a path holds.
struct OpenedWeights {
  std::unique_ptr<WeightSource> weights;
  const GgufFile* gguf = nullptr;  // one of the two is `weights`
  const SafetensorsFile* safetensors = nullptr;
  std::string format;  // "GGUF version 3", "safetensors"
};

/// A folder, an index (.json) or a file ending in .safetensors is read as safetensors, everything else as
/// GGUF, whose reader says what another file looks like.
OpenedWeights open_weights(const std::string& path);

}  // namespace tenon::formats
