#include <algorithm>
#include <cstdio>

#include "run.h"
#include "scoring/model_comparison.h"
#include "scoring/perplexity.h"

namespace tenon::model_tool {

namespace {

using scoring::ModelComparison;
using scoring::Perplexity;

// The tokens of the text with the bytes each stands for.
struct TokenizedText {
  std::vector<std::int32_t> tokens;
  std::vector<std::int32_t> bytes;
  scoring::ScoredText scored() const { return {.tokens = tokens, .bytes = bytes}; }
};

TokenizedText tokenize(const text::Tokenizer& tokenizer, const std::string& text,
                       std::int64_t max_tokens) {
  TokenizedText result;
  result.tokens = tokenizer.encode(text, {.add_bos = false});
  if (max_tokens > 0 && static_cast<std::int64_t>(result.tokens.size()) > max_tokens)
    result.tokens.resize(static_cast<std::size_t>(max_tokens));
  for (const std::int32_t token : result.tokens)
    result.bytes.push_back(static_cast<std::int32_t>(tokenizer.piece(token).size()));
  return result;
}

scoring::PerplexityOptions options_of(const PerplexitySettings& settings,
                                      const generation::OpenModel& opened) {
  scoring::PerplexityOptions options;
  const std::int64_t trained = opened.model->info().training_context;
  options.windows.context = settings.cache.context > 0 ? settings.cache.context
                            : trained > 0              ? trained
                                                       : 2048;
  options.windows.stride = settings.stride;
  const text::Vocabulary& vocabulary = opened.tokenizer->vocabulary();
  if (settings.adds_bos && vocabulary.adds_bos) options.windows.bos = vocabulary.bos;
  options.cache_type = generation::state_options(settings.options, settings.cache).cache_type;
  return options;
}

cli::Record record_of(const Perplexity& result, const scoring::PerplexityOptions& options,
                      const std::string& precision) {
  cli::Record record("perplexity");
  record.add("tokens", result.tokens)
      .add("nats_per_token", result.nats_per_token)
      .add("standard_error", result.standard_error)
      .add("perplexity", result.perplexity());
  if (result.bits_per_byte)
    record.add("bits_per_byte", *result.bits_per_byte);
  else
    record.add_null("bits_per_byte");
  return record.add("bytes", result.bytes)
      .add("top1_accuracy", result.top1_accuracy)
      .add("context", options.windows.context)
      .add("stride", options.windows.stride > 0
                         ? options.windows.stride
                         : std::max<std::int64_t>(options.windows.context / 2, 1))
      .add("precision", precision);
}

std::string text_of(const Perplexity& result) {
  char text[256];
  std::snprintf(text, sizeof text,
                "tokens            %lld\n"
                "nats a token      %.5f +- %.5f\n"
                "perplexity        %.4f\n"
                "bits a byte       %.5f\n"
                "first choice      %.2f %%\n",
                static_cast<long long>(result.tokens), result.nats_per_token, result.standard_error,
                result.perplexity(), result.bits_per_byte.value_or(0.0),
                result.top1_accuracy * 100);
  return text;
}

std::string text_of(const ModelComparison& comparison, const std::string& baseline) {
  char text[320];
  std::snprintf(text, sizeof text,
                "against %-9s %.5f nats a token (%+.3f %% perplexity)\n"
                "same first choice %.2f %%\n"
                "divergence        %.6f nats mean, %.4f largest\n",
                baseline.c_str(), comparison.reference.nats_per_token,
                (comparison.candidate.perplexity() / comparison.reference.perplexity() - 1) * 100,
                comparison.top1_agreement * 100, comparison.divergence_mean,
                comparison.divergence_max);
  return text_of(comparison.candidate) + text;
}

void write(cli::Context& context, const cli::Record& record, const std::string& text) {
  if (context.common().format == "text") {
    context.output().write(text);
    return;
  }
  context.write(record);
  if (context.common().format == "jsonl") context.write_summary(cli::Record());
}

}  // namespace

int run_perplexity(cli::Context& context, const PerplexitySettings& settings) {
  const std::string text = context.read_all(settings.text_file);
  const auto opened =
      generation::open_model(settings.model, settings.options, context.common().kernels,
                             static_cast<int>(context.common().threads));
  const TokenizedText tokenized = tokenize(*opened->tokenizer, text, settings.max_tokens);
  const scoring::PerplexityOptions options = options_of(settings, *opened);
  const auto bar = context.progress("tokens", static_cast<std::int64_t>(tokenized.tokens.size()));
  const scoring::ScoringCallbacks callbacks = {.progress = [&](std::int64_t done, std::int64_t) {
    context.check_interrupt();
    bar->set(done);
  }};

  if (settings.baseline.empty()) {
    const Perplexity result = scoring::score_perplexity(*opened->model, tokenized.scored(), options,
                                                        opened->team, callbacks);
    write(context, record_of(result, options, settings.options.precision), text_of(result));
    return cli::kExitDone;
  }

  generation::ModelOptions other = settings.options;
  other.precision = settings.baseline;
  if (other.precision == settings.options.precision)
    throw Error(ErrorKind::Usage,
                "--compare-with " + settings.baseline + " would compare a precision with itself")
        .hint("--precision is " + settings.options.precision + "; compare with the other one");
  const auto reference = generation::open_model(settings.model, other, context.common().kernels,
                                                static_cast<int>(context.common().threads));
  const ModelComparison comparison = scoring::compare_models(
      *reference->model, *opened->model, tokenized.scored(), options,
      generation::state_options(other, settings.cache).cache_type, opened->team, callbacks);
  cli::Record record = record_of(comparison.candidate, options, settings.options.precision);
  record.add("baseline", settings.baseline)
      .add("baseline_nats_per_token", comparison.reference.nats_per_token)
      .add("top1_agreement", comparison.top1_agreement)
      .add("kl_divergence_mean", comparison.divergence_mean)
      .add("kl_divergence_max", comparison.divergence_max);
  write(context, record, text_of(comparison, settings.baseline));
  return cli::kExitDone;
}

}  // namespace tenon::model_tool
