#pragma once

#include <cstdint>
#include <string>

#include "cli/command.h"
#include "cli/context.h"
#include "generation/model_options.h"
#include "generation/request.h"
#include "sampling/sampling_flags.h"

namespace tenon::generate {

/// What the command line of tenon-generate says.
struct Options {
  std::string model;
  std::string prompt;  // "-" for stdin

  std::string input;  // file of records, "-" for stdin; empty: one prompt
  std::int64_t parallel = 8;
  bool keeps_going = false;
  std::string shard;

  bool is_chat = false;
  std::string system;
  std::string chat_date;
  bool parses_special = false;

  generation::RequestSettings settings;  // without sampling
  sampling::SamplingFlags sampling;
  generation::ModelOptions model_options;
  generation::CacheOptions cache;

  std::string save_state;
  std::string load_state;

  bool is_batch() const { return !input.empty(); }
};

cli::CommandInfo command_info();
void register_options(cli::Job& job, Options& options);

/// Refuses combinations of flags that contradict each other or of which one has no effect.
void check_modes(const cli::Context& context, const Options& options);

/// The settings of the command line, complete.
generation::RequestSettings request_settings(const Options& options, std::uint64_t seed);

}  // namespace tenon::generate
