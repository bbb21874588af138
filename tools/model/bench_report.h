#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "scoring/machine_limits.h"
#include "scoring/pass_timing.h"

namespace tenon::model_tool {

/// What bench has measured: limits of the machine, passes, or both.
struct BenchResults {
  std::vector<scoring::ThreadLimits> limits;  // empty: not asked for
  std::vector<scoring::PassTime> passes;
  std::int64_t repeat = 0;
};

/// Tables apart by empty lines: limits, passes, the parts of each pass.
std::string bench_tables(const BenchResults& results, bool is_tsv);

/// The same as records.
void write_bench_records(cli::Context& context, const BenchResults& results);

}  // namespace tenon::model_tool
