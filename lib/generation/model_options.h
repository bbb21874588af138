#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/option_registry.h"
#include "base/team.h"
#include "formats/language_model_file.h"
#include "models/language/language_model.h"
#include "text/tokenizer.h"

namespace tenon::generation {

/// How a command computes with a model; every command that opens one takes these flags.
struct ModelOptions {
  std::string precision = "fast";  // "exact": dequantised weights, float32; "fast": 8-bit products
  bool repacks = true;  // into the order the kernels read; false keeps memory at the file's
};
void register_options(OptionRegistry& registry, ModelOptions& options);

/// What a sequence remembers.
struct CacheOptions {
  std::string cache_type =
      "auto";                // f32, f16, bf16 or q8_0; auto: f32 where precision is exact, else f16
  std::int64_t context = 0;  // positions; 0: what the command says
};
void register_context(OptionRegistry& registry, CacheOptions& options);
void register_cache_type(OptionRegistry& registry, CacheOptions& options);
models::StateOptions state_options(const ModelOptions& model, const CacheOptions& cache);

/// A model file with all that computes on it.
struct OpenModel {
  formats::LanguageModelFile file;
  std::unique_ptr<text::Tokenizer> tokenizer;
  Team team;
  const kernels::Kernels& kernels;
  std::unique_ptr<models::LanguageModel> model;
};

/// Opens a GGUF model. `kernels`: a provider's name or "auto"; `threads`: 0 takes all processors.
/// `clock` gives the seconds that LanguageModelInfo::repack_seconds is measured by. Throws what
/// LanguageModelFile, make_tokenizer and select_kernels throw.
std::unique_ptr<OpenModel> open_model(const std::string& path, const ModelOptions& options,
                                      const std::string& kernels, int threads,
                                      const std::function<double()>& clock = {});

}  // namespace tenon::generation
