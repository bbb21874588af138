#include "generation/model_options.h"

#include "base/error.h"

namespace tenon::generation {

void register_options(OptionRegistry& registry, ModelOptions& options) {
  registry.add(
      {.name = "--precision",
       .group = "Performance",
       .help = "exact computes in float32 with dequantised weights, fast in 8-bit products "
               "where the weights are quantised",
       .value = "MODE",
       .choices = {"exact", "fast"}},
      options.precision);
  registry.add(
      {.name = "--repack",
       .group = "Performance",
       .help = "keep a copy of the weights in the order the kernels read; without it memory "
               "stays at the size of the file, and passes are slower"},
      options.repacks);
}

void register_context(OptionRegistry& registry, CacheOptions& options) {
  registry.add(
      {.name = "--context",
       .group = "Model",
       .help = "positions a sequence can hold; 0 takes the context the model was trained for",
       .value = "N",
       .minimum = 0,
       .maximum = 2147483647},
      options.context);
}

void register_cache_type(OptionRegistry& registry, CacheOptions& options) {
  registry.add(
      {.name = "--cache-type",
       .group = "Performance",
       .help =
           "storage type of the key-value cache; q8_0 takes about half the memory of f16 and "
           "needs heads of a multiple of 32 numbers; auto takes f32 where --precision is exact, "
           "else f16",
       .value = "TYPE",
       .choices = {"auto", "f32", "f16", "bf16", "q8_0"}},
      options.cache_type);
}

models::StateOptions state_options(const ModelOptions& model, const CacheOptions& cache) {
  const std::string type = cache.cache_type != "auto"   ? cache.cache_type
                           : model.precision == "exact" ? "f32"
                                                        : "f16";
  return {.context = cache.context, .cache_type = *find_dtype(type)};
}

std::unique_ptr<OpenModel> open_model(const std::string& path, const ModelOptions& options,
                                      const std::string& kernels, int threads,
                                      const std::function<double()>& clock) {
  auto opened = std::unique_ptr<OpenModel>(new OpenModel{
      .file = formats::LanguageModelFile::open(path),
      .tokenizer = nullptr,
      .team = Team(threads),
      .kernels = kernels::select_kernels(kernels),
      .model = nullptr,
  });
  const auto make_tokenizer = [&] {
    opened->tokenizer = text::make_tokenizer(opened->file.release_vocabulary());
  };
  opened->model =
      opened->file.make_model({.kernels = &opened->kernels,
                               .precision = options.precision == "exact" ? kernels::Precision::Exact
                                                                         : kernels::Precision::Fast,
                               .may_repack = options.repacks,
                               .beside = make_tokenizer,
                               .clock = clock},
                              opened->team);
  return opened;
}

}  // namespace tenon::generation
