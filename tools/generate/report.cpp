#include "report.h"

#include <cstdio>
#include <vector>

#include "base/error.h"

namespace tenon::generate {

namespace {

class TextReport : public generation::GenerationObserver {
 public:
  TextReport(cli::Context& context, std::int64_t samples)
      : context_(context), output_(context.output()), samples_(samples) {}

  void text(std::size_t, std::int64_t sample, std::string_view piece) override {
    begin(sample);
    output_.write(piece);
    output_.flush();
    ends_line_ = piece.back() == '\n';
  }

  void completed(const generation::Completion& completion) override {
    begin(completion.sample);
    // A text in a pipe is what the model wrote, byte for byte; on a terminal, and between samples, lines
    // are kept apart.
    if (!ends_line_ && (samples_ > 1 || output_.is_terminal())) output_.write("\n");
    output_.flush();
    if (completion.finish == generation::Finish::Context)
      context_.warning("the answer ends because the context is full", "--context sets its size");
  }

  void failed(std::size_t, const Error& error) override { throw error; }

 private:
  void begin(std::int64_t sample) {
    if (samples_ == 1 || sample < begun_) return;
    begun_ = sample + 1;
    output_.write("--- sample " + std::to_string(begun_) + " of " + std::to_string(samples_) +
                  " ---\n");
    ends_line_ = true;
  }

  cli::Context& context_;
  cli::Output& output_;
  std::int64_t samples_;
  std::int64_t begun_ = 0;
  bool ends_line_ = true;
};

class RecordReport : public generation::GenerationObserver {
 public:
  RecordReport(cli::Context& context, PlacedSource& source, const text::Tokenizer& tokenizer,
               const RecordReportOptions& options)
      : context_(context),
        source_(source),
        tokenizer_(tokenizer),
        keeps_going_(options.keeps_going),
        progress_(context.progress("answering", options.records)) {}

  void text(std::size_t, std::int64_t, std::string_view) override {}

  void completed(const generation::Completion& completion) override {
    const RecordPlace& place = source_.place(completion.request);
    cli::Record record("completion");
    record.add_json("id", place.id_json);
    if (place.samples > 1) record.add("sample", completion.sample);
    record.add("text", completion.text)
        .add("token_ids", completion.tokens)
        .add("prompt_tokens", completion.prompt_tokens)
        .add("completion_tokens", static_cast<std::int64_t>(completion.tokens.size()))
        .add("finish", generation::finish_name(completion.finish));
    if (completion.finish == generation::Finish::StopText)
      record.add("stop_text", completion.stop_text);
    record.add("seed", place.seed);
    if (!completion.details.empty()) add_details(record, completion);
    context_.write(record);
    context_.output().flush();
    if (completion.sample + 1 == place.samples) finish(completion.request);
  }

  void failed(std::size_t request, const Error& failure) override {
    const RecordPlace place = source_.place(request);
    Error error = failure;
    if (place.line > 0) error.in(source_.name()).on_line(place.line);
    // A file or a memory that fails is not the record's fault.
    if (!keeps_going_ || error.kind() == ErrorKind::Resource) throw error;
    context_.report(error);
    cli::Record record("error");
    record.add_json("id", place.id_json)
        .add("line", static_cast<std::int64_t>(place.line))
        .add("message",
             error.pointer().empty() ? error.message() : error.pointer() + ": " + error.message());
    if (!error.hint().empty()) record.add("hint", error.hint());
    context_.write(record);
    context_.output().flush();
    finish(request);
  }

 private:
  void finish(std::size_t request) {
    source_.forget(request);
    progress_->set(++finished_);
  }

  cli::Record token_record(std::int32_t token, double log_probability) const {
    cli::Record record;
    record.add("token", token)
        .add("piece", tokenizer_.piece(token, true))
        .add("log_probability", log_probability);
    return record;
  }

  void add_details(cli::Record& record, const generation::Completion& completion) const {
    std::vector<cli::Record> details;
    for (const generation::TokenDetail& detail : completion.details) {
      std::vector<cli::Record> top;
      for (const sampling::TokenProbability& entry : detail.top)
        top.push_back(token_record(entry.token, entry.log_probability));
      details.push_back(token_record(detail.token, detail.log_probability));
      details.back().add("top", top);
    }
    record.add("logprobs", details);
  }

  cli::Context& context_;
  PlacedSource& source_;
  const text::Tokenizer& tokenizer_;
  bool keeps_going_;
  std::unique_ptr<cli::Progress> progress_;
  std::int64_t finished_ = 0;
};

void add_rate(cli::Record& record, std::string_view key, std::int64_t rows, double seconds) {
  if (rows > 0 && seconds > 0)
    record.add(key, static_cast<double>(rows) / seconds);
  else
    record.add_null(key);
}

std::string rate(std::int64_t rows, double seconds) {
  char text[96];
  std::snprintf(text, sizeof text, "%lld tokens in %.2f s", static_cast<long long>(rows), seconds);
  std::string result = text;
  if (rows == 0 || seconds <= 0) return result;
  std::snprintf(text, sizeof text, " (%.1f/s)", static_cast<double>(rows) / seconds);
  return result + text;
}

}  // namespace

std::unique_ptr<generation::GenerationObserver> text_report(cli::Context& context,
                                                            std::int64_t samples) {
  return std::make_unique<TextReport>(context, samples);
}

std::unique_ptr<generation::GenerationObserver> record_report(cli::Context& context,
                                                              PlacedSource& source,
                                                              const text::Tokenizer& tokenizer,
                                                              const RecordReportOptions& options) {
  return std::make_unique<RecordReport>(context, source, tokenizer, options);
}

cli::Record summary_of(const generation::GenerationCounts& counts,
                       const models::LanguageModelInfo& model, double load_seconds) {
  cli::Record record;
  record.add("records", counts.requests)
      .add("completions", counts.completions)
      .add("failed", counts.failures)
      .add("prompt_tokens", counts.prompt_tokens)
      .add("reused_tokens", counts.reused_tokens)
      .add("completion_tokens", counts.completion_tokens)
      .add("passes", counts.passes)
      .add("load_seconds", load_seconds)
      .add("repack_seconds", model.repack_seconds)
      .add("bytes_owned", static_cast<std::int64_t>(model.bytes_owned))
      .add("prompt_seconds", counts.prompt_seconds)
      .add("generation_seconds", counts.generation_seconds);
  add_rate(record, "prompt_tokens_per_second", counts.prompt_rows, counts.prompt_seconds);
  add_rate(record, "generation_tokens_per_second", counts.generation_rows,
           counts.generation_seconds);
  return record;
}

std::string timing_of(const generation::GenerationCounts& counts,
                      const models::LanguageModelInfo& model, double load_seconds) {
  char loaded[128];
  std::snprintf(loaded, sizeof loaded, "loaded in %.3f s", load_seconds);
  if (model.bytes_owned > 0)
    std::snprintf(loaded, sizeof loaded,
                  "loaded in %.3f s, of which repacking %.1f MiB took %.3f s", load_seconds,
                  static_cast<double>(model.bytes_owned) / 0x1p20, model.repack_seconds);
  std::string text = std::string(loaded) + "; prompt " +
                     rate(counts.prompt_rows, counts.prompt_seconds) + "; answer " +
                     rate(counts.generation_rows, counts.generation_seconds);
  if (counts.reused_tokens > 0)
    text += "; " + std::to_string(counts.reused_tokens) + " prompt tokens reused";
  return text;
}

}  // namespace tenon::generate
