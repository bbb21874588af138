#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cli/console.h"
#include "cli/context.h"

namespace tenon::cli {

/// What a bar says after `seconds`: "reading  [=====>    ]  42%  420/1000  84.0/s  7 s left".
/// Without a total (0 or less) only the count and the rate. At most `columns` - 1 characters.
std::string bar_text(const std::string& label, std::int64_t done, std::int64_t total,
                     double seconds, int columns);

/// "reading: 420/1000, 84.0/s, 7 s left": a plain line for logs.
std::string progress_line(const std::string& label, std::int64_t done, std::int64_t total,
                          double seconds);

enum class ProgressForm {
  None,
  Bar,    // after half a second, ten times a second, erased with the object
  Lines,  // every ten seconds
};

/// The form for --progress, --quiet and --verbose.
ProgressForm progress_form(const std::string& when, bool is_terminal, int quiet, int verbose);

/// `clock`: seconds, rising.
std::unique_ptr<Progress> start_progress(Console& console, ProgressForm form, std::string label,
                                         std::int64_t total, std::function<double()> clock);

}  // namespace tenon::cli
