#pragma once

#include <cstdint>
#include <memory>

#include "cli/context.h"
#include "generation/generator.h"
#include "models/language/language_model.h"
#include "source.h"
#include "text/tokenizer.h"

namespace tenon::generate {

/// Text as it comes, several samples under headings. `samples`: of the one prompt there is.
std::unique_ptr<generation::GenerationObserver> text_report(cli::Context& context,
                                                            std::int64_t samples);

struct RecordReportOptions {
  bool keeps_going = false;  // a failure becomes a record in its place, else it ends the run
  std::int64_t records = 0;  // to come, for the progress bar; 0: unknown
};

/// A record for each answer, and for each failure where the run goes on after it.
std::unique_ptr<generation::GenerationObserver> record_report(cli::Context& context,
                                                              PlacedSource& source,
                                                              const text::Tokenizer& tokenizer,
                                                              const RecordReportOptions& options);

/// What the summary says of a run.
cli::Record summary_of(const generation::GenerationCounts& counts,
                       const models::LanguageModelInfo& model, double load_seconds);
/// The same for people.
std::string timing_of(const generation::GenerationCounts& counts,
                      const models::LanguageModelInfo& model, double load_seconds);

}  // namespace tenon::generate
