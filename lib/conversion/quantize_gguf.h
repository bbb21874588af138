#pragma once

#include <functional>
#include <vector>

#include "conversion/quantize_model.h"
#include "formats/byte_sink.h"
#include "formats/gguf.h"

namespace tenon::conversion {

/// Writes a GGUF file with the metadata and the tensors of `file`, in their order, the tensors as
/// plan_quantization() says. general.file_type and general.quantization_version (2) are set. One
/// pass: the sink gets the header first. Throws what the parts throw; the sink has then got a part
/// of a file, which its owner discards.
std::vector<TensorReport> quantize_gguf(const formats::GgufFile& file,
                                        const QuantizeOptions& options, formats::ByteSink sink,
                                        Team& team,
                                        const std::function<void(const TensorReport&)>& done = {});

/// general.file_type and general.quantization_version of a file whose matrices mostly are `dtype`.
void set_quantization_keys(formats::GgufMetadata& metadata, DType dtype);

}  // namespace tenon::conversion
