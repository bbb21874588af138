#pragma once

#include "formats/gguf.h"
#include "models/language/llama.h"

namespace tenon::formats {

/// The shape of a model of the llama family, from the keys {architecture}.* of a GGUF file
/// (models/language/llama.h names the key of each field) and the rows of token_embd.weight.
///
/// Throws Error(Input) naming the key for missing or impossible numbers, Error(Unsupported) for
/// what the family does not compute: expert layers, layers that differ in their heads or widths,
/// values wider than keys, rope scaling "longrope", attention that is not causal.
models::LlamaConfig read_llama_config(const GgufFile& file);

}  // namespace tenon::formats
