#include <cmath>
#include <cstdio>

#include "formats/numpy_file.h"
#include "generation/model_options.h"
#include "ids.h"
#include "run.h"
#include "sampling/sampler_chain.h"

namespace tenon::model_tool {

namespace {

// Rows whose logits are computed at once: what is kept in memory, whatever the length of the text.
constexpr std::size_t kChunk = 64;

std::vector<std::int32_t> tokens_of(cli::Context& context, const LogitsSettings& settings,
                                    const text::Tokenizer& tokenizer) {
  if (settings.text.empty() == settings.ids.empty())
    throw Error(ErrorKind::Usage, "logits needs a text: one of --text and --ids")
        .hint("tenon-model logits MODEL --text 'Once upon a time'");
  if (!settings.ids.empty()) {
    for (const char* flag : {"bos", "parse-special"})
      if (context.was_given(flag))
        throw Error(ErrorKind::Usage, std::string("--") + flag + " has no effect with --ids");
    return parse_ids(settings.ids, tokenizer.size());
  }
  const std::string text = settings.text == "-" ? context.read_all("-") : settings.text;
  return tokenizer.encode(text,
                          {.add_bos = settings.adds_bos, .parse_special = settings.parses_special});
}

// Calls visit(position, logits) for every token in order.
template <typename Visit>
void for_each_position(cli::Context& context, generation::OpenModel& opened,
                       const models::StateOptions& options, std::span<const std::int32_t> tokens,
                       const Visit& visit) {
  const auto state = opened.model->make_state(options);
  models::State* const states[] = {state.get()};
  models::ForwardOutput output;
  const auto progress = context.progress("positions", static_cast<std::int64_t>(tokens.size()));
  for (std::size_t begin = 0; begin < tokens.size(); begin += kChunk) {
    context.check_interrupt();
    models::Batch batch;
    models::append_chain(batch, 0, tokens.subspan(begin, std::min(kChunk, tokens.size() - begin)),
                         true);
    opened.model->forward(batch, states, opened.team, output);
    state->commit_all();
    for (std::size_t i = 0; i < batch.size(); ++i)
      visit(begin + i, output.logits_row(static_cast<std::int64_t>(i)));
    progress->set(static_cast<std::int64_t>(begin + batch.size()));
  }
}

void write_array(cli::Context& context, generation::OpenModel& opened,
                 const models::StateOptions& options, std::span<const std::int32_t> tokens) {
  cli::Output& output = context.output(true);
  formats::NumpyWriter writer(
      [&](std::span<const std::byte> bytes) {
        output.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      },
      DType::F32, Shape{static_cast<std::int64_t>(tokens.size()), opened.model->info().vocab});
  for_each_position(
      context, opened, options, tokens,
      [&](std::size_t, std::span<const float> logits) { writer.write(std::as_bytes(logits)); });
  writer.finish();
}

void write_records(cli::Context& context, generation::OpenModel& opened,
                   const models::StateOptions& options, std::span<const std::int32_t> tokens,
                   int top) {
  std::vector<cli::Record> positions;
  const bool is_json = context.common().format == "json";
  for_each_position(
      context, opened, options, tokens, [&](std::size_t position, std::span<const float> logits) {
        std::vector<cli::Record> candidates;
        for (const auto& [token, log_probability] : sampling::top_log_probabilities(logits, top))
          candidates.push_back(
              cli::Record()
                  .add("token", token)
                  .add("piece", opened.tokenizer->piece(token, true))
                  .add("logit", static_cast<double>(logits[static_cast<std::size_t>(token)]))
                  .add("log_probability", log_probability));
        cli::Record record("logits");
        record.add("position", static_cast<std::int64_t>(position))
            .add("token", tokens[position])
            .add("piece", opened.tokenizer->piece(tokens[position], true))
            .add("top", std::span<const cli::Record>(candidates));
        if (is_json)
          positions.push_back(record);
        else
          context.write(record);
      });
  if (is_json)
    context.write(
        cli::Record("logits_list").add("positions", std::span<const cli::Record>(positions)));
  else
    context.write_summary(cli::Record().add("positions", static_cast<std::int64_t>(tokens.size())));
}

void write_text(cli::Context& context, generation::OpenModel& opened,
                const models::StateOptions& options, std::span<const std::int32_t> tokens,
                int top) {
  for_each_position(
      context, opened, options, tokens, [&](std::size_t position, std::span<const float> logits) {
        std::string line = std::to_string(position) + "\t" +
                           quoted(opened.tokenizer->piece(tokens[position], true));
        for (const auto& [token, log_probability] : sampling::top_log_probabilities(logits, top)) {
          char probability[32];
          std::snprintf(probability, sizeof probability, " %.3f", std::exp(log_probability));
          line += "\t" + quoted(opened.tokenizer->piece(token, true)) + probability;
        }
        context.output().write(line + "\n");
      });
}

}  // namespace

int run_logits(cli::Context& context, const LogitsSettings& settings) {
  const auto opened =
      generation::open_model(settings.model, settings.options, context.common().kernels,
                             static_cast<int>(context.common().threads));
  const std::vector<std::int32_t> tokens = tokens_of(context, settings, *opened->tokenizer);
  if (tokens.empty()) throw Error(ErrorKind::Input, "the text has no tokens");

  models::StateOptions state = generation::state_options(settings.options, settings.cache);
  state.context = static_cast<std::int64_t>(tokens.size());
  const bool is_array = context.common().format == "npy" ||
                        (!context.was_given("format") && context.common().output.ends_with(".npy"));
  if (is_array) {
    if (context.was_given("top"))
      throw Error(ErrorKind::Usage, "--top has no effect on a NumPy array, which holds all logits");
    write_array(context, *opened, state, tokens);
  } else if (context.common().format == "text") {
    write_text(context, *opened, state, tokens, static_cast<int>(settings.top));
  } else {
    write_records(context, *opened, state, tokens, static_cast<int>(settings.top));
  }
  return cli::kExitDone;
}

}  // namespace tenon::model_tool
