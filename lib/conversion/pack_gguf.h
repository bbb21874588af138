#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "conversion/quantize_model.h"
#include "formats/byte_sink.h"
#include "formats/gguf.h"
#include "kernels/kernels.h"

namespace tenon::conversion {

/// Writes `file` with its matrices in the order that `kernels` read, so that a model opens without a
/// copy (formats/gguf_packed.h says what is in such a file). Metadata, vectors and the embedding stay
/// to the bit; the embedding's packed copy is added where it is the output head. With `quantization`
/// the tensors first get the types of plan_quantization(), else they keep theirs.
///
/// Throws Error(Unsupported) for kernels without an order of their own and for a file that is packed
/// already; else as quantize_gguf(). Memory: one tensor, and it packed.
std::vector<TensorReport> pack_gguf(const formats::GgufFile& file,
                                    const std::optional<QuantizeOptions>& quantization,
                                    const kernels::Kernels& kernels, formats::ByteSink sink,
                                    Team& team,
                                    const std::function<void(const TensorReport&)>& done = {});

}  // namespace tenon::conversion
