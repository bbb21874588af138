#include <cstdio>

#include "ids.h"
#include "run.h"
#include "scoring/pass_timing.h"

namespace tenon::model_tool {

namespace {

cli::Record record_of(const scoring::PassTime& pass, std::int64_t repeat) {
  return cli::Record("pass")
      .add("rows", pass.rows)
      .add("depth", pass.depth)
      .add("repeat", repeat)
      .add("seconds_min", pass.seconds_min)
      .add("seconds_median", pass.seconds_median)
      .add("tokens_per_second", pass.tokens_per_second)
      .add("bytes_per_second", pass.bytes_per_second);
}

std::string table_of(const std::vector<scoring::PassTime>& passes, bool is_tsv) {
  const char* const head =
      is_tsv ? "rows\tdepth\tmin_ms\tmedian_ms\ttokens_per_second\tGB_per_second\n"
             : "  rows  depth     min ms  median ms     tokens/s   GB/s\n";
  const char* const form =
      is_tsv ? "%lld\t%lld\t%.4f\t%.4f\t%.2f\t%.2f\n" : "%6lld %6lld %10.3f %10.3f %12.1f %6.1f\n";
  std::string text = head;
  for (const scoring::PassTime& pass : passes) {
    char line[160];
    std::snprintf(line, sizeof line, form, static_cast<long long>(pass.rows),
                  static_cast<long long>(pass.depth), pass.seconds_min * 1e3,
                  pass.seconds_median * 1e3, pass.tokens_per_second, pass.bytes_per_second / 1e9);
    text += line;
  }
  return text;
}

}  // namespace

int run_bench(cli::Context& context, const BenchSettings& settings) {
  scoring::PassTimingOptions options;
  options.rows = parse_counts(settings.rows, "--rows", 1);
  options.depth = settings.depth;
  options.repeat = settings.repeat;
  options.cache_type = generation::state_options(settings.options, settings.cache).cache_type;
  const auto opened =
      generation::open_model(settings.model, settings.options, context.common().kernels,
                             static_cast<int>(context.common().threads));
  const auto clock = [&] {
    context.check_interrupt();
    return context.seconds();
  };
  const std::vector<scoring::PassTime> passes =
      scoring::time_passes(*opened->model, options, opened->team, clock);

  if (context.common().format != "jsonl") {
    context.output().write(table_of(passes, context.common().format == "tsv"));
    return cli::kExitDone;
  }
  for (const scoring::PassTime& pass : passes) context.write(record_of(pass, settings.repeat));
  context.write_summary(
      cli::Record()
          .add("model", settings.model)
          .add("kernels", opened->kernels.name())
          .add("instruction_sets", opened->kernels.instruction_sets())
          .add("threads", static_cast<std::int64_t>(opened->team.size()))
          .add("precision", settings.options.precision)
          .add("bytes_read_per_pass",
               static_cast<std::int64_t>(opened->model->info().bytes_read_per_pass)));
  return cli::kExitDone;
}

}  // namespace tenon::model_tool
