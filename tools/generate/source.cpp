#include "source.h"

#include <utility>

#include "base/error.h"
#include "generation/saved_state.h"

namespace tenon::generate {

namespace {

class SingleSource : public PlacedSource {
 public:
  explicit SingleSource(generation::Request request) : request_(std::move(request)) {}

  Status next(bool, generation::Request& request) override {
    if (!request_) return Status::End;
    request = std::move(*request_);
    request_.reset();
    add_place({.id_json = "null",
               .line = 0,
               .samples = request.settings.samples,
               .seed = request.settings.sampling.seed});
    return Status::Ready;
  }
  const std::string& name() const override { return name_; }

 private:
  std::string name_;
  std::optional<generation::Request> request_;
};

class RecordSource : public PlacedSource {
 public:
  RecordSource(cli::Context& context, const Options& options,
               const generation::RequestSettings& defaults, Prompts& prompts)
      : lines_(context.open_lines(options.input)),
        name_(options.input == "-" ? "stdin" : options.input),
        defaults_(defaults),
        prompts_(prompts) {
    if (!options.shard.empty()) shard_ = generation::parse_shard(options.shard);
  }

  Status next(bool may_wait, generation::Request& request) override {
    std::string line;
    for (;;) {
      if (is_done_) return Status::End;
      if (!may_wait && !lines_->is_ready()) return Status::NotYet;
      if (!read_line(line)) return Status::End;
      const bool is_blank = line.find_first_not_of(" \t") == std::string::npos;
      if (!is_blank && shard_.holds(records_++)) break;
    }
    read(line, request);
    return Status::Ready;
  }

  const std::string& name() const override { return name_; }

 private:
  bool read_line(std::string& line) {
    try {
      is_done_ = !lines_->next(line);
      return !is_done_;
    } catch (const Error&) {
      is_done_ = true;  // a file that fails once is not asked again
      add_place({.id_json = "null", .line = 0, .samples = 1, .seed = 0});
      throw;
    }
  }

  void read(const std::string& line, generation::Request& request) {
    try {
      generation::InputRecord record = generation::parse_record(line, lines_->number(), defaults_);
      request.settings = std::move(record.settings);
      request.prompt = record.messages.empty() ? prompts_.encode(record.prompt)
                                               : prompts_.encode(std::move(record.messages));
      add_place({.id_json = record.id_json,
                 .line = lines_->number(),
                 .samples = request.settings.samples,
                 .seed = request.settings.sampling.seed});
    } catch (Error& error) {
      add_place({.id_json = generation::record_id(line, lines_->number()),
                 .line = lines_->number(),
                 .samples = 1,
                 .seed = 0});
      throw error.in(name_).on_line(lines_->number());
    }
  }

  std::unique_ptr<cli::Context::Lines> lines_;
  std::string name_;
  const generation::RequestSettings& defaults_;
  Prompts& prompts_;
  generation::Shard shard_;
  std::int64_t records_ = 0;
  bool is_done_ = false;
};

}  // namespace

Prompts::Prompts(const text::Tokenizer& tokenizer, const Options& options)
    : tokenizer_(tokenizer), options_(options) {
  if (options.is_chat) chat_.emplace(tokenizer, options.chat_date);
}

std::vector<std::int32_t> Prompts::encode(const std::string& prompt) {
  if (options_.is_chat) return encode({{.role = "user", .content = prompt}});
  return checked(
      tokenizer_.encode(prompt, {.add_bos = true, .parse_special = options_.parses_special}));
}

std::vector<std::int32_t> Prompts::encode(std::vector<text::ChatMessage> messages) {
  if (!chat_) chat_.emplace(tokenizer_, options_.chat_date);
  if (!options_.system.empty() && messages.front().role != "system")
    messages.insert(messages.begin(), {.role = "system", .content = options_.system});
  return checked(chat_->encode(messages));
}

std::vector<std::int32_t> Prompts::checked(std::vector<std::int32_t> prompt) const {
  if (prefix_.empty()) return prompt;
  try {
    generation::usable_length(prefix_, prompt);
  } catch (const Error& error) {
    throw Error(error.kind(), quoted(options_.load_state) + ": " + error.message())
        .hint(error.hint());
  }
  return prompt;
}

std::unique_ptr<PlacedSource> single_source(generation::Request request) {
  return std::make_unique<SingleSource>(std::move(request));
}

std::unique_ptr<PlacedSource> record_source(cli::Context& context, const Options& options,
                                            const generation::RequestSettings& defaults,
                                            Prompts& prompts) {
  return std::make_unique<RecordSource>(context, options, defaults, prompts);
}

}  // namespace tenon::generate
