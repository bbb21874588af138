#pragma once

#include "cli/context.h"
#include "options.h"

namespace tenon::model_tool {

// One verb each: open, call the library, write records; the value is the exit status.
int run_inspect(cli::Context& context, const InspectSettings& settings);
int run_tokenize(cli::Context& context, const TokenizeSettings& settings);
int run_detokenize(cli::Context& context, const DetokenizeSettings& settings);
int run_logits(cli::Context& context, const LogitsSettings& settings);
int run_perplexity(cli::Context& context, const PerplexitySettings& settings);
int run_quantize(cli::Context& context, const QuantizeSettings& settings);
int run_bench(cli::Context& context, const BenchSettings& settings);
int run_compare(cli::Context& context, const CompareSettings& settings);

}  // namespace tenon::model_tool
