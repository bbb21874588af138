#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/command.h"
#include "generation/model_options.h"

namespace tenon::model_tool {

struct InspectSettings {
  std::string model;
  bool shows_metadata = true;
  bool shows_tensors = true;
};

struct TokenizeSettings {
  std::string model;
  std::string text = "-";
  bool adds_bos = true;
  bool parses_special = false;
};

struct DetokenizeSettings {
  std::string model;
  std::vector<std::string> ids;  // on the command line; none: read from stdin
  bool shows_special = false;
};

struct LogitsSettings {
  std::string model;
  std::string text;
  std::string ids;       // "1,2,3"
  std::int64_t top = 5;  // candidates a position in the records
  bool adds_bos = true;
  bool parses_special = false;
  generation::ModelOptions options;
  generation::CacheOptions cache;
};

struct PerplexitySettings {
  std::string model;
  std::string text_file;
  std::int64_t stride = 0;      // tokens between windows; 0: half a window
  std::int64_t max_tokens = 0;  // of the text; 0: all
  bool adds_bos = true;
  std::string baseline;  // "exact": also score exactly and compare
  generation::ModelOptions options;
  generation::CacheOptions cache;
};

struct QuantizeSettings {
  std::string input;
  std::string output;
  std::string type;
  std::string output_type;                // of the output head; empty: Q6_K for the block types
  std::string embedding_type;             // of token_embd, where it is not the head too
  std::vector<std::string> tensor_types;  // "PART=TYPE"
  bool is_pure = false;
  std::string layout = "file";  // or "packed": in the order that the kernels read
  bool packs() const { return layout == "packed"; }
};

struct BenchSettings {
  std::string model;  // empty: only the limits of the machine
  std::string rows = "1,2,4,8,512";
  std::int64_t depth = 0;  // cached positions before the pass
  std::int64_t repeat = 10;
  std::int64_t logit_rows = 16;
  bool shows_profile = false;
  bool measures_limits = false;
  generation::ModelOptions options;
  generation::CacheOptions cache;
};

struct CompareSettings {
  std::string first;
  std::string second;
  double max_difference = 0.0;  // limits; in force where given
  double max_rms = 0.0;
};

cli::CommandInfo command_info();
/// The verbs of tenon-model.
void add_jobs(cli::Command& command);

}  // namespace tenon::model_tool
