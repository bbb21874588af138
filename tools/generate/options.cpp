#include "options.h"

#include "base/error.h"
#include "generation/records.h"
#include "kernels/kernels.h"

namespace tenon::generate {

namespace {

constexpr double kMost = 2147483647;

std::string build_facts() {
  std::string facts = "kernels:";
  for (const kernels::ProviderState& provider : kernels::providers()) {
    facts += "\n  " + provider.name;
    facts += provider.is_available
                 ? " (" + kernels::select_kernels(provider.name).instruction_sets() + ")"
                 : ": " + provider.reason;
  }
  return facts;
}

void register_input(cli::Job& job, Options& options) {
  job.positional({.name = "MODEL", .help = "language model, a GGUF file"}, options.model);
  job.positional({.name = "PROMPT",
                  .help = "text to continue, or with --chat to answer; - reads stdin",
                  .is_required = false,
                  .is_file = false},
                 options.prompt);
  job.add({.name = "--input",
           .group = "Input",
           .help = "answer the records in FILE, one JSON object a line; - for stdin",
           .value = "FILE",
           .is_common = true,
           .is_file = true},
          options.input);
  job.add({.name = "--chat",
           .group = "Input",
           .help = "put the prompt into the model's chat template as a message of the user",
           .is_common = true},
          options.is_chat);
  job.add({.name = "--system",
           .group = "Input",
           .help = "message of the system in front of a conversation that has none",
           .value = "TEXT",
           .is_common = true},
          options.system);
  job.add({.name = "--chat-date",
           .group = "Input",
           .help = "today for chat templates that ask for it, as 26 Jul 2026 or 2026-07-26",
           .value = "DATE"},
          options.chat_date);
  job.add({.name = "--parse-special",
           .group = "Input",
           .help = "read special tokens written in the text, such as <|im_start|>"},
          options.parses_special);
}

void register_answer(cli::Job& job, Options& options) {
  generation::RequestSettings& settings = options.settings;
  job.add({.name = "--max-tokens",
           .group = "Answer",
           .help = "most tokens to write; 0 only computes the prompt",
           .value = "N",
           .minimum = 0,
           .maximum = kMost,
           .is_common = true},
          settings.max_tokens);
  job.add({.name = "--stop",
           .group = "Answer",
           .help = "end in front of TEXT",
           .value = "TEXT",
           .is_common = true},
          settings.stop_texts);
  job.add({.name = "--samples",
           .group = "Answer",
           .help = "write N different answers to a prompt",
           .value = "N",
           .minimum = 1,
           .maximum = kMost},
          settings.samples);
  job.add({.name = "--logprobs",
           .group = "Answer",
           .help = "add the log-probability of every token and of the K most probable ones there",
           .value = "K",
           .minimum = 0,
           .maximum = kMost},
          settings.logprobs);
}

void register_batch(cli::Job& job, Options& options) {
  job.add({.name = "--parallel",
           .group = "Batch",
           .help = "most answers that share a pass; no text depends on it",
           .value = "N",
           .minimum = 1,
           .maximum = 4096},
          options.parallel);
  job.add({.name = "--keep-going",
           .group = "Batch",
           .help = "report a record that cannot be answered in its place and go on"},
          options.keeps_going);
  job.add({.name = "--shard",
           .group = "Batch",
           .help = "answer every N-th record only, from the I-th on: part I of N",
           .value = "I/N"},
          options.shard);
}

void register_state(cli::Job& job, Options& options) {
  job.add({.name = "--save-state",
           .group = "State",
           .help = "keep the computed prompt in FILE",
           .value = "FILE",
           .is_file = true},
          options.save_state);
  job.add({.name = "--load-state",
           .group = "State",
           .help = "go on from a computed prompt that begins this one",
           .value = "FILE",
           .is_file = true},
          options.load_state);
}

void check_prompt(const cli::Context& context, const Options& options) {
  const bool has_prompt = context.was_given("PROMPT");
  if (options.is_batch() && has_prompt)
    throw Error(ErrorKind::Usage, "both a prompt and --input were given")
        .hint("put the prompt into a record of the input: {\"prompt\": \"...\"}");
  if (!options.is_batch() && !has_prompt)
    throw Error(ErrorKind::Usage, "there is no prompt")
        .hint("give a text, - to read it from stdin, or --input FILE for many");
}

}  // namespace

cli::CommandInfo command_info() {
  return {.name = "tenon-generate",
          .summary = "write text with a language model",
          .examples = {{"tenon-generate model.gguf 'Once upon a time'", "continue a text"},
                       {"tenon-generate model.gguf --chat 'Why is the sky blue?'",
                        "answer a question"}},
          .build_facts = build_facts};
}

void register_options(cli::Job& job, Options& options) {
  register_input(job, options);
  register_answer(job, options);
  sampling::register_options(job, options.sampling);
  register_batch(job, options);
  register_state(job, options);
  generation::register_context(job, options.cache);
  generation::register_cache_type(job, options.cache);
  generation::register_options(job, options.model_options);
}

void check_modes(const cli::Context& context, const Options& options) {
  check_prompt(context, options);
  const bool has_samples = options.settings.samples > 1;
  if (!options.is_batch()) {
    if (!has_samples) context.refuse_if_given("--parallel", "without --input or --samples");
    context.refuse_if_given("--keep-going", "without --input");
    context.refuse_if_given("--shard", "without --input");
  }
  if (!options.is_chat) {
    context.refuse_if_given("--system", "without --chat");
    if (!options.is_batch()) context.refuse_if_given("--chat-date", "without --chat");
  } else {
    context.refuse_if_given("--parse-special",
                            "with --chat: control tokens come from the template alone");
  }
  const bool is_text =
      context.common().format == "text" && (!options.is_batch() || context.was_given("--format"));
  if (is_text && options.is_batch())
    throw Error(ErrorKind::Usage, "--format text cannot keep the answers to records apart")
        .hint("leave it out, which gives JSON Lines, or take --format json");
  if (is_text && options.settings.logprobs > 0)
    throw Error(ErrorKind::Usage, "--logprobs has no effect with --format text")
        .hint("take --format json or jsonl");
  if (options.is_batch() && !options.save_state.empty())
    throw Error(ErrorKind::Usage, "--save-state keeps one prompt, --input has many")
        .hint("save the common beginning alone: --max-tokens 0 --save-state FILE");
  if (!options.shard.empty()) generation::parse_shard(options.shard);
  if (options.save_state == "-" || options.load_state == "-")
    throw Error(ErrorKind::Usage, "a state is kept in a file, not on stdin or stdout");
}

generation::RequestSettings request_settings(const Options& options, std::uint64_t seed) {
  generation::RequestSettings settings = options.settings;
  settings.sampling = options.sampling.resolve(seed);
  settings.validate();
  return settings;
}

}  // namespace tenon::generate
