#include "state_files.h"

#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"

namespace tenon::generate {

generation::StateOrigin state_origin(const generation::OpenModel& opened, const Options& options,
                                     const models::StateOptions& state) {
  return {.model = opened.file.content_key(),
          .computation = options.model_options.precision + ", " +
                         std::string(opened.kernels.name()) + " (" +
                         opened.kernels.instruction_sets() + ")",
          .cache_type = state.cache_type};
}

generation::Prefix load_prefix(const generation::OpenModel& opened, const Options& options,
                               const models::StateOptions& state, std::int64_t context) {
  const MappedFile file(options.load_state);
  try {
    generation::SavedState saved = generation::read_saved_state(file.bytes());
    generation::check_origin(saved.origin, state_origin(opened, options, state));
    const auto length = static_cast<std::int64_t>(saved.tokens.size());
    if (length > context)
      throw Error(ErrorKind::Input, "the saved state has " + std::to_string(length) +
                                        " tokens, the context holds " + std::to_string(context))
          .hint("raise --context");
    generation::Prefix prefix{.tokens = std::move(saved.tokens),
                              .state = opened.model->make_state(state)};
    prefix.state->load(saved.state, static_cast<std::int32_t>(length));
    return prefix;
  } catch (Error& error) {
    throw error.in(options.load_state);
  }
}

void save_prompt(cli::Output& output, generation::Generator& generator,
                 const generation::StateOrigin& origin, const std::vector<std::int32_t>& prompt) {
  const auto state = generator.take_state(prompt);
  TENON_CHECK(state != nullptr);
  generation::write_saved_state({.origin = origin,
                                 .tokens = prompt,
                                 .state = state->save(static_cast<std::int32_t>(prompt.size()))},
                                [&](std::string_view bytes) { output.write(bytes); });
}

}  // namespace tenon::generate
