#include "run.h"
namespace tenon::model_tool {
int run_bench(cli::Context&, const BenchSettings&) {
  return 1;
}
int run_perplexity(cli::Context&, const PerplexitySettings&) {
  return 1;
}
}  // namespace tenon::model_tool
