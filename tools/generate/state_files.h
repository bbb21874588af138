#pragma once

#include <cstdint>
#include <vector>

#include "cli/context.h"
#include "generation/generator.h"
#include "generation/model_options.h"
#include "generation/saved_state.h"
#include "options.h"

namespace tenon::generate {

/// What states of this run are computed with.
generation::StateOrigin state_origin(const generation::OpenModel& opened, const Options& options,
                                     const models::StateOptions& state);

/// Reads --load-state. Refusals name the file.
generation::Prefix load_prefix(const generation::OpenModel& opened, const Options& options,
                               const models::StateOptions& state, std::int64_t context);

/// Writes the state of `prompt` to `output`.
void save_prompt(cli::Output& output, generation::Generator& generator,
                 const generation::StateOrigin& origin, const std::vector<std::int32_t>& prompt);

}  // namespace tenon::generate
