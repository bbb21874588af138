#pragma once

#include "cli/context.h"
#include "options.h"

namespace tenon::generate {

/// Opens the model, answers what was asked, and returns the exit status.
int run(cli::Context& context, const Options& options);

}  // namespace tenon::generate
