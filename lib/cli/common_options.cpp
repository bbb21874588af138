#include "cli/common_options.h"

namespace tenon::cli {
namespace {

constexpr double kMostThreads = 4096;

void add_output_options(OptionTable& table, const std::vector<std::string>& formats,
                        CommonOptions& common) {
  const std::string group = "Output";
  table.add({.name = "-o,--output",
             .group = group,
             .help = "write results to FILE, - for stdout",
             .value = "FILE",
             .is_common = true,
             .is_file = true},
            common.output);
  table.add({.name = "--overwrite", .group = group, .help = "replace output files that exist"},
            common.overwrite);
  table.add({.name = "--format",
             .group = group,
             .help = "form of the results",
             .value = "FORM",
             .choices = formats,
             .is_common = formats.size() > 1},
            common.format);
}

void add_run_options(OptionTable& table, CommonOptions& common) {
  const std::string group = "General";
  table.add({.name = "-j,--threads",
             .group = group,
             .help = "threads to compute with, 0 for all processors",
             .value = "N",
             .minimum = 0,
             .maximum = kMostThreads,
             .is_common = true},
            common.threads);
  table.add_seed({.name = "--seed",
                  .group = group,
                  .help = "seed of random numbers, or random to draw one",
                  .value = "N"},
                 common.seed, common.seed_was_given);
  table.add({.name = "--kernels",
             .group = group,
             .help = "set of kernels to compute with",
             .value = "NAME",
             .choices = {"auto", "reference", "highway", "avx512", "onednn"}},
            common.kernels);
  // The one variable that means the same in every command.
  table.find("kernels")->environment = "TENON_KERNELS";
}

void add_talk_options(OptionTable& table, CommonOptions& common) {
  const std::string group = "General";
  const std::vector<std::string> when = {"auto", "always", "never"};
  table.add_count({.name = "-q,--quiet",
                   .group = group,
                   .help = "no notes and no progress; twice, no warnings either"},
                  common.quiet);
  table.add_count({.name = "-v,--verbose", .group = group, .help = "say more; twice, still more"},
                  common.verbose);
  table.add({.name = "--progress",
             .group = group,
             .help = "when to show a progress bar on stderr",
             .value = "WHEN",
             .choices = when},
            common.progress);
  table.add({.name = "--color",
             .group = group,
             .help = "when to use colour",
             .value = "WHEN",
             .choices = when},
            common.color);
}

void add_requests(OptionTable& table, Requests& requests) {
  const std::string group = "General";
  table.add({.name = "--config",
             .group = group,
             .help = "take options from the JSON object in FILE",
             .value = "FILE",
             .is_file = true},
            requests.config);
  table.find("config")->is_configurable = false;
  table.add({.name = "--generate",
             .group = group,
             .help = "print the OPTIONS block of the man page or a completion script",
             .value = "WHAT",
             .choices = {"man", "complete-bash", "complete-zsh", "complete-fish"}},
            requests.generate);
  Option& generate = *table.find("generate");
  generate.hidden_choices = {"flags"};  // the table as data, for tests/layout
  generate.is_configurable = false;
  generate.environment.clear();
  table.add_action({.name = "-h,--help",
                    .group = group,
                    .help = "-h shows the most used options, --help all of them",
                    .is_common = true});
  table.add_action({.name = "--version",
                    .group = group,
                    .help = "print the version; with -v, how it was built"});
}

}  // namespace

void add_common_options(OptionTable& table, const std::vector<std::string>& formats,
                        CommonOptions& common, Requests& requests) {
  add_output_options(table, formats, common);
  add_run_options(table, common);
  add_talk_options(table, common);
  add_requests(table, requests);
}

}  // namespace tenon::cli
