#include "run.h"

#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "report.h"
#include "sampling/sampler_chain.h"
#include "source.h"
#include "state_files.h"

namespace tenon::generate {

namespace {

constexpr std::int64_t kUnknownContext =
    4096;  // for a model that does not say what it was trained for

/// One run, step by step. Members stand in the order in which they need one another.
class Run {
 public:
  Run(cli::Context& context, const Options& options)
      : context_(context),
        options_(options),
        settings_(request_settings(options, context.common().seed)),
        form_(form_of(context, options)) {}

  int operator()() {
    const std::string prompt = read_prompt();
    cli::Output* const state_file =
        options_.save_state.empty() ? nullptr : &context_.open_output(options_.save_state, true);
    open_model();
    describe();
    generation::Generator generator(*opened_->model, *opened_->tokenizer, opened_->team,
                                    generator_options());
    Prompts prompts(*opened_->tokenizer, options_);
    if (!options_.load_state.empty()) use_saved_state(generator, prompts);

    generation::Request request{.prompt = {}, .settings = settings_};
    if (!options_.is_batch()) request.prompt = prompts.encode(prompt);
    const std::unique_ptr<PlacedSource> source =
        options_.is_batch() ? record_source(context_, options_, settings_, prompts)
                            : single_source(request);
    const auto counts = generator.run(*source, *make_report(*source));

    if (state_file != nullptr)
      save_prompt(*state_file, generator, state_origin(*opened_, options_, state_), request.prompt);
    return finish(counts);
  }

 private:
  static std::string form_of(cli::Context& context, const Options& options) {
    if (!options.is_batch()) return context.common().format;
    context.set_default_format("jsonl");
    return context.was_given("--format") ? context.common().format : "jsonl";
  }

  std::string read_prompt() {
    if (options_.is_batch()) return {};
    return options_.prompt == "-" ? context_.read_all("-") : options_.prompt;
  }

  void open_model();
  void describe();
  generation::GeneratorOptions generator_options();
  void use_saved_state(generation::Generator& generator, Prompts& prompts);
  std::unique_ptr<generation::GenerationObserver> make_report(PlacedSource& source);
  std::int64_t count_records();
  int finish(const generation::GenerationCounts& counts);

  cli::Context& context_;
  const Options& options_;
  generation::RequestSettings settings_;
  std::string form_;  // text, json or jsonl
  std::unique_ptr<generation::OpenModel> opened_;
  double load_seconds_ = 0.0;
  std::int64_t positions_ = 0;  // most tokens of a prompt and its answer
  models::StateOptions state_;
};

void Run::open_model() {
  const double start = context_.seconds();
  const cli::CommonOptions& common = context_.common();
  opened_ = generation::open_model(options_.model, options_.model_options, common.kernels,
                                   static_cast<int>(common.threads),
                                   [this] { return context_.seconds(); });
  load_seconds_ = context_.seconds() - start;
  state_ = generation::state_options(options_.model_options, options_.cache);
  state_.context = 0;  // states grow with their texts, which the generator limits

  const std::int64_t trained = opened_->model->info().training_context;
  const std::int64_t asked = options_.cache.context;
  positions_ = asked > 0 ? asked : trained > 0 ? trained : kUnknownContext;
  if (trained > 0 && asked > trained)
    context_.warning("--context " + std::to_string(asked) + " is more than the " +
                         std::to_string(trained) + " positions the model was trained for",
                     "what it writes beyond them may be of no use");
}

void Run::describe() {
  const models::LanguageModelInfo& info = opened_->model->info();
  context_.note(1, "model: " + info.architecture + ", " + std::to_string(info.parameters) +
                       " parameters, " + std::to_string(info.layers) + " layers, vocabulary " +
                       std::to_string(info.vocab) + ", trained for " +
                       std::to_string(info.training_context) + " positions");
  context_.note(1, "computing: " + options_.model_options.precision + ", kernels " +
                       std::string(opened_->kernels.name()) + " (" +
                       opened_->kernels.instruction_sets() + "), threads " +
                       std::to_string(opened_->team.size()) + ", cache " +
                       std::string(dtype_name(state_.cache_type)) + ", context " +
                       std::to_string(positions_));
  context_.note(1, "sampling: " + sampling::SamplerChain(settings_.sampling).description());
}

generation::GeneratorOptions Run::generator_options() {
  const bool has_many = options_.is_batch() || settings_.samples > 1;
  return {.context = positions_,
          .state = state_,
          .parallel = has_many ? static_cast<int>(options_.parallel) : 1,
          .stops_at_failure = !options_.keeps_going,
          .clock = [this] { return context_.seconds(); },
          .before_pass = [this] { context_.check_interrupt(); }};
}

void Run::use_saved_state(generation::Generator& generator, Prompts& prompts) {
  generation::Prefix prefix = load_prefix(*opened_, options_, state_, positions_);
  prompts.require_prefix(prefix.tokens);
  generator.add_prefix(std::move(prefix));
}

std::unique_ptr<generation::GenerationObserver> Run::make_report(PlacedSource& source) {
  if (form_ == "text") return text_report(context_, settings_.samples);
  return record_report(context_, source, *opened_->tokenizer,
                       {.keeps_going = options_.keeps_going, .records = count_records()});
}

// Lines of a file, for the progress bar; a pipe can be read but once.
std::int64_t Run::count_records() {
  std::error_code code;
  if (!options_.is_batch() || options_.input == "-" ||
      !std::filesystem::is_regular_file(options_.input, code))
    return 0;
  const auto lines = context_.open_lines(options_.input);
  std::string line;
  std::int64_t count = 0;
  while (lines->next(line)) ++count;
  return options_.shard.empty() ? count : count / generation::parse_shard(options_.shard).count;
}

int Run::finish(const generation::GenerationCounts& counts) {
  if (form_ != "text")
    context_.write_summary(summary_of(counts, opened_->model->info(), load_seconds_));
  context_.note(1, timing_of(counts, opened_->model->info(), load_seconds_));
  return counts.failures > 0 ? cli::kExitSkipped : cli::kExitDone;
}

}  // namespace

int run(cli::Context& context, const Options& options) {
  check_modes(context, options);
  return Run(context, options)();
}

}  // namespace tenon::generate
