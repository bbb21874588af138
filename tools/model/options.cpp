#include "options.h"

#include <memory>

#include "kernels/kernels.h"
#include "precision/block_formats.h"
#include "run.h"

namespace tenon::model_tool {

namespace {

const cli::Positional kModel = {.name = "MODEL",
                                .help = "GGUF model file, or one part of a split one"};

const OptionSpec kBos = {.name = "--bos",
                         .group = "Text",
                         .help = "put the begin-of-text token in front where the model wants one"};
const OptionSpec kParseSpecial = {
    .name = "--parse-special",
    .group = "Text",
    .help = "read special tokens written in the text, such as <|im_start|>"};

std::vector<std::string> quantized_types() {
  std::vector<std::string> names;
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    if (precision::can_quantize(dtype)) names.emplace_back(dtype_name(dtype));
  }
  return names;
}

// A verb: its settings live as long as the command, its options are bound to them.
template <typename Settings>
cli::Job& add_job(cli::Command& command, const char* verb, const char* summary,
                  std::vector<std::string> formats, int (*run)(cli::Context&, const Settings&),
                  const std::shared_ptr<Settings>& settings) {
  return command.job(verb, summary, std::move(formats),
                     [settings, run](cli::Context& context) { return run(context, *settings); });
}

void add_inspect(cli::Command& command) {
  auto settings = std::make_shared<InspectSettings>();
  auto& job = add_job(command, "inspect", "show metadata, tensors and sizes of a model file",
                      {"text", "json", "jsonl"}, run_inspect, settings);
  job.positional({.name = "MODEL", .help = "GGUF or safetensors file, or a folder of shards"},
                 settings->model);
  job.add({.name = "--metadata", .group = "Output", .help = "list the metadata", .is_common = true},
          settings->shows_metadata);
  job.add({.name = "--tensors", .group = "Output", .help = "list the tensors", .is_common = true},
          settings->shows_tensors);
}

void add_tokenize(cli::Command& command) {
  auto settings = std::make_shared<TokenizeSettings>();
  auto& job = add_job(command, "tokenize", "turn text into token ids", {"text", "json", "jsonl"},
                      run_tokenize, settings);
  job.positional(kModel, settings->model);
  job.positional({.name = "TEXT",
                  .help = "the text, or - for standard input (the default)",
                  .is_required = false,
                  .is_file = false},
                 settings->text);
  job.add(kBos, settings->adds_bos);
  job.add(kParseSpecial, settings->parses_special);
}

void add_detokenize(cli::Command& command) {
  auto settings = std::make_shared<DetokenizeSettings>();
  auto& job = add_job(command, "detokenize", "turn token ids back into text",
                      {"text", "json", "jsonl"}, run_detokenize, settings);
  job.positional(kModel, settings->model);
  job.positional(
      {.name = "ID",
       .help = "token ids, apart by spaces or commas; none reads them from standard input",
       .is_required = false,
       .is_file = false},
      settings->ids);
  job.add({.name = "--show-special", .group = "Text", .help = "print special tokens by name"},
          settings->shows_special);
}

void add_logits(cli::Command& command) {
  auto settings = std::make_shared<LogitsSettings>();
  auto& job = add_job(command, "logits", "compute the logits at every position of a text",
                      {"text", "json", "jsonl", "npy"}, run_logits, settings);
  job.positional(kModel, settings->model);
  job.add({.name = "--text",
           .group = "Text",
           .help = "the text, or - for standard input",
           .value = "TEXT",
           .is_common = true},
          settings->text);
  job.add({.name = "--ids",
           .group = "Text",
           .help = "token ids instead of a text: 1,2,3",
           .value = "IDS",
           .is_common = true},
          settings->ids);
  job.add(kBos, settings->adds_bos);
  job.add(kParseSpecial, settings->parses_special);
  job.add({.name = "--top",
           .group = "Output",
           .help = "candidates to show at each position, the most probable first",
           .value = "N",
           .minimum = 1,
           .maximum = 1000,
           .is_common = true},
          settings->top);
  generation::register_options(job, settings->options);
  generation::register_cache_type(job, settings->cache);
}

void add_perplexity(cli::Command& command) {
  auto settings = std::make_shared<PerplexitySettings>();
  auto& job = add_job(command, "perplexity", "measure how well a model predicts a text",
                      {"text", "json", "jsonl"}, run_perplexity, settings);
  job.positional(kModel, settings->model);
  job.positional({.name = "TEXTFILE", .help = "the text, or - for standard input"},
                 settings->text_file);
  job.add({.name = "--stride",
           .group = "Scoring",
           .help = "tokens from one window to the next; 0 takes half a window",
           .value = "N",
           .minimum = 0,
           .is_common = true},
          settings->stride);
  generation::register_context(job, settings->cache);
  job.add({.name = "--max-tokens",
           .group = "Scoring",
           .help = "score the first N tokens of the text; 0 takes all",
           .value = "N",
           .minimum = 0,
           .is_common = true},
          settings->max_tokens);
  job.add({.name = "--compare-with",
           .group = "Scoring",
           .help = "also score another way and report agreement and divergence",
           .value = "MODE",
           .choices = {"exact", "fast"}},
          settings->baseline);
  job.add(kBos, settings->adds_bos);
  generation::register_options(job, settings->options);
  generation::register_cache_type(job, settings->cache);
}

OptionSpec type_option(const char* name, const char* help) {
  return {.name = name,
          .group = "Quantisation",
          .help = help,
          .value = "TYPE",
          .choices = quantized_types(),
          .is_common = true};
}

void add_quantize(cli::Command& command) {
  auto settings = std::make_shared<QuantizeSettings>();
  auto& job = add_job(command, "quantize", "store a model's weights in another type",
                      {"text", "jsonl"}, run_quantize, settings);
  job.positional({.name = "IN", .help = "GGUF model file"}, settings->input);
  job.positional({.name = "OUT", .help = "GGUF file to write"}, settings->output);
  job.add(type_option("--type",
                      "storage type of the weight matrices; must be given with --layout file"),
          settings->type);
  job.add(
      type_option("--output-type",
                  "storage type of the output head; by default Q6_K for the block types but Q8_0"),
      settings->output_type);
  job.add(type_option("--embedding-type",
                      "storage type of the token embedding, where the model has a head of its own"),
          settings->embedding_type);
  job.add(
      {.name = "--tensor-type",
       .group = "Quantisation",
       .help = "storage type of the matrices whose name contains PART; the last that fits decides",
       .value = "PART=TYPE"},
      settings->tensor_types);
  job.add({.name = "--pure",
           .group = "Quantisation",
           .help = "give the output head the same type as the other matrices"},
          settings->is_pure);
  job.add({.name = "--layout",
           .group = "Quantisation",
           .help = "packed puts the weights in the order that the kernels of this machine read, so "
                   "that the model opens without a copy; types stay where --type is not given",
           .value = "LAYOUT",
           .choices = {"file", "packed"},
           .is_common = true},
          settings->layout);
}

void add_bench(cli::Command& command) {
  auto settings = std::make_shared<BenchSettings>();
  auto& job = add_job(command, "bench", "time forward passes", {"text", "jsonl", "tsv"}, run_bench,
                      settings);
  job.positional({.name = "MODEL",
                  .help = "GGUF model file, or one part of a split one; none with --limits alone",
                  .is_required = false},
                 settings->model);
  job.add({.name = "--rows",
           .group = "Measurement",
           .help = "rows a pass, apart by commas",
           .value = "N,N",
           .is_common = true},
          settings->rows);
  job.add({.name = "--depth",
           .group = "Measurement",
           .help = "cached positions before the pass",
           .value = "N",
           .minimum = 0,
           .is_common = true},
          settings->depth);
  job.add({.name = "--repeat",
           .group = "Measurement",
           .help = "passes of each kind",
           .value = "R",
           .minimum = 1,
           .is_common = true},
          settings->repeat);
  job.add({.name = "--logit-rows",
           .group = "Measurement",
           .help = "rows of a pass, from its end, that want logits",
           .value = "N",
           .minimum = 0},
          settings->logit_rows);
  job.add({.name = "--profile",
           .group = "Measurement",
           .help = "time the parts of a pass: products by kind of tensor, attention, waiting",
           .is_common = true},
          settings->shows_profile);
  job.add({.name = "--limits",
           .group = "Measurement",
           .help = "measure this machine, and each pass as a share of what it allows",
           .is_common = true},
          settings->measures_limits);
  generation::register_options(job, settings->options);
  generation::register_cache_type(job, settings->cache);
}

void add_compare(cli::Command& command) {
  auto settings = std::make_shared<CompareSettings>();
  auto& job = add_job(command, "compare", "compare the tensors of two model files",
                      {"text", "json", "jsonl"}, run_compare, settings);
  job.positional({.name = "A", .help = "GGUF or safetensors file, or a folder of shards"},
                 settings->first);
  job.positional({.name = "B", .help = "the one to compare with"}, settings->second);
  job.add({.name = "--max-difference",
           .group = "Requirement",
           .help = "exit with status 3 where two numbers differ by more",
           .value = "X",
           .minimum = 0,
           .is_common = true},
          settings->max_difference);
  job.add({.name = "--max-rms",
           .group = "Requirement",
           .help = "exit with status 3 where the rms difference of a tensor is larger",
           .value = "X",
           .minimum = 0,
           .is_common = true},
          settings->max_rms);
}

}  // namespace

cli::CommandInfo command_info() {
  return {.name = "tenon-model",
          .summary = "look into, measure, convert and quantise model files",
          .examples = {{"tenon-model inspect model.gguf", "what is in a file"},
                       {"tenon-model quantize model.gguf small.gguf --type Q4_K",
                        "the same model in 4.5 bits a weight"}},
          .build_facts = kernels::describe_providers};
}

void add_jobs(cli::Command& command) {
  add_inspect(command);
  add_tokenize(command);
  add_detokenize(command);
  add_logits(command);
  add_perplexity(command);
  add_quantize(command);
  add_bench(command);
  add_compare(command);
}

}  // namespace tenon::model_tool
