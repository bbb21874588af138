// A language model file to the end: vocabulary, config, the model over its weights, and a pass
// of two tokens.

#include "aligned_input.h"
#include "base/error.h"
#include "formats/language_model_file.h"
#include "kernels/kernels.h"

using namespace tenon;
using namespace tenon::formats;

namespace {

void run_model(const LanguageModelFile& file) {
  static Team team(1);
  const auto model = file.make_model(
      {.kernels = &kernels::select_kernels("reference"), .precision = kernels::Precision::Exact},
      team);
  const auto state = model->make_state({.context = 4});
  models::Batch batch;
  const std::int32_t tokens[] = {0, static_cast<std::int32_t>(model->info().vocab - 1)};
  models::append_chain(batch, 0, tokens);
  models::State* states[] = {state.get()};
  models::ForwardOutput output;
  model->forward(batch, states, team, output);
  state->commit_all();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::AlignedInput input(data, size);
  try {
    const LanguageModelFile file(GgufFile::from_bytes(input.bytes(), "fuzz.gguf"));
    try {
      file.vocabulary();
    } catch (const Error&) {
    }
    run_model(file);
  } catch (const Error&) {
  }
  return 0;
}
