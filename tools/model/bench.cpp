#include <chrono>

#include "bench_report.h"
#include "ids.h"
#include "kernels/kernels.h"
#include "run.h"

namespace tenon::model_tool {

namespace {

// Read by every worker of a profiled pass, some hundred times.
double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void check_use(cli::Context& context, const BenchSettings& settings) {
  if (!settings.model.empty()) return;
  if (!settings.measures_limits) throw Error(ErrorKind::Usage, "missing MODEL");
  for (const char* option : {"--rows", "--depth", "--repeat", "--logit-rows", "--profile",
                             "--precision", "--repack", "--cache-type"})
    context.refuse_if_given(option, "without a model");
}

cli::Record facts(const kernels::Kernels& kernels, const Team& team) {
  return cli::Record()
      .add("kernels", kernels.name())
      .add("instruction_sets", kernels.instruction_sets())
      .add("threads", static_cast<std::int64_t>(team.size()));
}

}  // namespace

int run_bench(cli::Context& context, const BenchSettings& settings) {
  check_use(context, settings);
  const auto clock = [&] {
    context.check_interrupt();
    return context.seconds();
  };
  const auto threads = static_cast<int>(context.common().threads);
  BenchResults results{.limits = {}, .passes = {}, .repeat = settings.repeat};
  cli::Record extra;
  if (settings.model.empty()) {
    Team team(threads);
    results.limits = scoring::measure_limits(team, {}, clock);
    extra = facts(kernels::select_kernels(context.common().kernels), team);
  } else {
    scoring::PassTimingOptions options;
    options.rows = parse_counts(settings.rows, "--rows", 1);
    options.depth = settings.depth;
    options.repeat = settings.repeat;
    options.logit_rows = settings.logit_rows;
    options.cache_type = generation::state_options(settings.options, settings.cache).cache_type;
    if (settings.shows_profile) options.profile_clock = steady_seconds;
    const double start = context.seconds();
    const auto opened =
        generation::open_model(settings.model, settings.options, context.common().kernels, threads,
                               [&] { return context.seconds(); });
    const double load_seconds = context.seconds() - start;
    if (settings.measures_limits) results.limits = scoring::measure_limits(opened->team, {}, clock);
    results.passes = scoring::time_passes(*opened->model, options, opened->team, clock);
    extra = cli::Record()
                .add("model", settings.model)
                .append(facts(opened->kernels, opened->team))
                .add("precision", settings.options.precision)
                .add("load_seconds", load_seconds)
                .add("repack_seconds", opened->model->info().repack_seconds)
                .add("bytes_owned", static_cast<std::int64_t>(opened->model->info().bytes_owned))
                .add("bytes_read_per_pass",
                     static_cast<std::int64_t>(opened->model->info().bytes_read_per_pass));
  }

  if (context.common().format != "jsonl") {
    context.output().write(bench_tables(results, context.common().format == "tsv"));
    return cli::kExitDone;
  }
  write_bench_records(context, results);
  context.write_summary(extra);
  return cli::kExitDone;
}

}  // namespace tenon::model_tool
