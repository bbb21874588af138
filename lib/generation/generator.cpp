#include "generation/generator.h"

#include <algorithm>
#include <string>
#include <utility>

#include "generation/ordered_delivery.h"
#include "generation/sequence.h"
#include "generation/slots.h"

namespace tenon::generation {

namespace {

/// The rows of one pass and whose they are.
struct Pass {
  struct Part {
    Slot* slot = nullptr;
    std::size_t rows = 0;
    bool wants_logits = false;
  };
  models::Batch batch;
  std::vector<models::State*> states;
  std::vector<Part> parts;  // one a state
  std::int64_t prompt_rows = 0;
  std::int64_t generation_rows = 0;

  void add(Slot& slot, std::size_t rows) {
    const auto tokens = slot.remaining().first(rows);
    const bool is_last = rows == slot.remaining().size();
    models::append_chain(batch, static_cast<std::int32_t>(states.size()), tokens);
    batch.back().wants_logits = is_last;
    states.push_back(slot.state.get());
    parts.push_back({&slot, rows, is_last});
    (slot.is_generating() ? generation_rows : prompt_rows) += static_cast<std::int64_t>(rows);
  }
};

}  // namespace

struct Generator::Implementation {
  models::LanguageModel& model;
  const text::Tokenizer& tokenizer;
  Team& team;
  GeneratorOptions options;
  Slots slots;
  models::ForwardOutput output;
  GenerationCounts counts;

  Implementation(models::LanguageModel& the_model, const text::Tokenizer& the_tokenizer,
                 Team& the_team, GeneratorOptions the_options)
      : model(the_model),
        tokenizer(the_tokenizer),
        team(the_team),
        options(std::move(the_options)),
        slots(the_model, options) {}

  double now() const { return options.clock ? options.clock() : 0.0; }

  /// The request whose samples are being placed, and what comes after it.
  struct Intake {
    RequestSource& source;
    std::shared_ptr<const Request> request = nullptr;
    std::int64_t next_sample = 0;
    bool is_open = true;

    bool is_empty() const { return request == nullptr && !is_open; }
  };
  bool take_request(Intake& intake, OrderedDelivery& delivery);
  void fill_slots(Intake& intake, OrderedDelivery& delivery);
  Pass compose();
  void compute(Pass& pass);
  void draw(const Pass& pass);
  void run(RequestSource& source, GenerationObserver& observer);
};

// Takes the next sound request out of the source; false where there is none now.
bool Generator::Implementation::take_request(Intake& intake, OrderedDelivery& delivery) {
  while (intake.is_open) {
    auto request = std::make_shared<Request>();
    const auto index = static_cast<std::size_t>(counts.requests);
    try {
      const auto status = intake.source.next(!slots.has_active(), *request);
      if (status == RequestSource::Status::NotYet) return false;
      if (status == RequestSource::Status::End) break;
      check_request(*request, options.context, model.info().vocab);
      ++counts.requests;
      intake.request = std::move(request);
      intake.next_sample = 0;
      return true;
    } catch (const Error& error) {
      ++counts.requests;
      ++counts.failures;
      delivery.add_failure(index, error);
      if (options.stops_at_failure) break;
    }
  }
  intake.is_open = false;
  return false;
}

void Generator::Implementation::fill_slots(Intake& intake, OrderedDelivery& delivery) {
  while (slots.has_idle()) {
    if (intake.request == nullptr && !take_request(intake, delivery)) return;
    const auto sequence =
        std::make_shared<Sequence>(intake.request, static_cast<std::size_t>(counts.requests - 1),
                                   intake.next_sample, tokenizer, options.context);
    delivery.add(sequence);
    counts.prompt_tokens += sequence->completion().prompt_tokens;
    counts.reused_tokens += static_cast<std::int64_t>(slots.place(sequence));
    if (++intake.next_sample == intake.request->settings.samples) intake.request = nullptr;
  }
}

// Every growing answer has its row in every pass; prompts share what rows are left.
Pass Generator::Implementation::compose() {
  Pass pass;
  const std::vector<Slot*> active = slots.active();
  for (Slot* slot : active)
    if (slot->is_generating()) pass.add(*slot, 1);
  auto rows_left = static_cast<std::size_t>(options.prompt_rows);
  for (Slot* slot : active) {
    if (slot->is_generating() || slot->is_waiting() || rows_left == 0) continue;
    const std::size_t rows = std::min(rows_left, slot->remaining().size());
    pass.add(*slot, rows);
    rows_left -= rows;
  }
  return pass;
}

void Generator::Implementation::compute(Pass& pass) {
  const double start = now();
  model.forward(pass.batch, pass.states, team, output);
  for (const Pass::Part& part : pass.parts) {
    part.slot->state->commit_all();
    const auto tokens = part.slot->remaining().first(part.rows);
    part.slot->computed.insert(part.slot->computed.end(), tokens.begin(), tokens.end());
  }
  draw(pass);

  ++counts.passes;
  counts.prompt_rows += pass.prompt_rows;
  counts.generation_rows += pass.generation_rows;
  const auto rows = static_cast<double>(pass.prompt_rows + pass.generation_rows);
  const double seconds = now() - start;
  counts.prompt_seconds += seconds * static_cast<double>(pass.prompt_rows) / rows;
  counts.generation_seconds += seconds * static_cast<double>(pass.generation_rows) / rows;
}

void Generator::Implementation::draw(const Pass& pass) {
  std::vector<Sequence*> drawing;
  for (const Pass::Part& part : pass.parts)
    if (part.wants_logits) drawing.push_back(part.slot->sequence.get());
  const auto draw_some = [&](Range range) {
    for (std::ptrdiff_t i = range.begin; i < range.end; ++i)
      drawing[static_cast<std::size_t>(i)]->advance(output.logits_row(i));
  };
  const auto count = static_cast<std::ptrdiff_t>(drawing.size());
  if (count > 1) {
    team.parallel_for(count, 1, draw_some);
  } else {
    draw_some({0, count});
  }
  for (const Sequence* sequence : drawing) {
    if (!sequence->is_finished()) continue;
    ++counts.completions;
    counts.completion_tokens += static_cast<std::int64_t>(sequence->completion().tokens.size());
  }
}

void Generator::Implementation::run(RequestSource& source, GenerationObserver& observer) {
  OrderedDelivery delivery(observer);
  Intake intake{.source = source};
  for (;;) {
    fill_slots(intake, delivery);
    delivery.deliver();
    if (!slots.has_active()) {
      if (intake.is_empty()) return;
      continue;
    }
    if (options.before_pass) options.before_pass();
    Pass pass = compose();
    compute(pass);
    delivery.deliver();
    counts.reused_tokens += static_cast<std::int64_t>(slots.copy_awaited());
    slots.release_finished();
  }
}

Generator::Generator(models::LanguageModel& model, const text::Tokenizer& tokenizer, Team& team,
                     GeneratorOptions options) {
  TENON_CHECK(options.parallel >= 1 && options.prompt_rows >= 1 && options.context >= 1);
  implementation_ = std::make_unique<Implementation>(model, tokenizer, team, std::move(options));
}

Generator::~Generator() = default;

void Generator::add_prefix(Prefix prefix) {
  TENON_CHECK(prefix.state != nullptr &&
              static_cast<std::size_t>(prefix.state->length()) >= prefix.tokens.size());
  implementation_->slots.add_prefix(std::move(prefix));
}

GenerationCounts Generator::run(RequestSource& source, GenerationObserver& observer) {
  implementation_->counts = {};
  try {
    implementation_->run(source, observer);
  } catch (...) {
    implementation_->slots.abandon();
    throw;
  }
  return implementation_->counts;
}

std::unique_ptr<models::State> Generator::take_state(std::span<const std::int32_t> prompt) {
  return implementation_->slots.take_state(prompt);
}

void check_request(const Request& request, std::int64_t context, std::int64_t vocab) {
  const auto length = static_cast<std::int64_t>(request.prompt.size());
  if (length == 0)
    throw Error(ErrorKind::Input, "the prompt has no token to begin with")
        .hint("this model's vocabulary has no begin-of-text token that is added; give some text");
  if (length > context)
    throw Error(ErrorKind::Input, "the prompt has " + std::to_string(length) +
                                      " tokens, the context holds " + std::to_string(context))
        .hint("shorten the prompt, or raise --context if the model was trained for more");
  for (const std::int32_t token : request.prompt)
    if (token < 0 || token >= vocab)
      throw Error(ErrorKind::Input, "the prompt has token " + std::to_string(token) +
                                        ", the vocabulary ends at " + std::to_string(vocab - 1));
  for (const auto& [token, bias] : request.settings.sampling.logit_bias)
    if (token < 0 || token >= vocab)
      throw Error(ErrorKind::Usage, "the logit bias names token " + std::to_string(token) +
                                        ", the vocabulary ends at " + std::to_string(vocab - 1))
          .hint("tenon-model tokenize shows the ids of a text");
}

}  // namespace tenon::generation
