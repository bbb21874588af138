#include "generation/sequence.h"

namespace tenon::generation {

Sequence::Sequence(std::shared_ptr<const Request> request, std::size_t request_index,
                   std::int64_t sample, const text::Tokenizer& tokenizer, std::int64_t context)
    : request_(std::move(request)),
      tokenizer_(tokenizer),
      context_(context),
      sampler_(request_->settings.sampling),
      stop_text_(request_->settings.stop_texts),
      tokens_(request_->prompt) {
  completion_.request = request_index;
  completion_.sample = sample;
  completion_.prompt_tokens = static_cast<std::int64_t>(request_->prompt.size());
}

void Sequence::advance(std::span<const float> logits) {
  if (ends_by_limit()) return;
  const std::int32_t token = sampler_.draw(
      logits, tokens_, static_cast<std::uint64_t>(completion_.sample), tokens_.size());
  if (tokenizer_.ends_generation(token)) return end(Finish::Stop);

  tokens_.push_back(token);
  completion_.tokens.push_back(token);
  if (request_->settings.logprobs > 0)
    completion_.details.push_back(
        {.token = token,
         .log_probability = sampling::log_probability(logits, token),
         .top = sampling::top_log_probabilities(logits, request_->settings.logprobs)});
  completion_.text += utf8_.push(stop_text_.push(tokenizer_.piece(token)));
  if (stop_text_.has_matched()) {
    completion_.stop_text = stop_text_.matched();
    return end(Finish::StopText);
  }
  ends_by_limit();
}

bool Sequence::ends_by_limit() {
  const auto answered = static_cast<std::int64_t>(completion_.tokens.size());
  if (answered >= request_->settings.max_tokens)
    end(Finish::Length);
  else if (static_cast<std::int64_t>(tokens_.size()) >= context_)
    end(Finish::Context);
  return is_finished_;
}

void Sequence::end(Finish finish) {
  completion_.finish = finish;
  completion_.text += utf8_.push(stop_text_.finish());
  completion_.text += utf8_.finish();
  is_finished_ = true;
}

}  // namespace tenon::generation
