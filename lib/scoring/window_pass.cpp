#include "scoring/window_pass.h"

#include <algorithm>

namespace tenon::scoring {

WindowPass::WindowPass(models::LanguageModel& model, std::span<const std::int32_t> text,
                       const WindowOptions& options, DType cache_type)
    : model_(model),
      text_(text),
      options_(options),
      state_options_{.context = options.context, .cache_type = cache_type},
      front_(options.bos ? 1 : 0) {}

void WindowPass::start(const ScoreWindow& window) {
  window_ = window;
  rows_ = front_ + window.end - window.begin - 1;
  next_row_ = 0;
  state_ = model_.make_state(state_options_);
}

std::int32_t WindowPass::input(std::int64_t row) const {
  return row < front_ ? *options_.bos
                      : text_[static_cast<std::size_t>(window_.begin + row - front_)];
}

bool WindowPass::advance(Team& team) {
  if (next_row_ == rows_) return false;
  const std::int64_t begin = next_row_;
  const std::int64_t end = std::min(begin + kRows, rows_);
  // Row r predicts text token window.begin + r + 1 - front.
  const std::int64_t first_scoring_row = window_.score_begin - window_.begin - 1 + front_;
  batch_.clear();
  for (std::int64_t row = begin; row < end; ++row)
    batch_.push_back({.token = input(row),
                      .parent = row == begin ? models::BatchRow::kAfterCommitted
                                             : static_cast<std::int32_t>(row - begin - 1),
                      .sequence = 0,
                      .wants_logits = row >= first_scoring_row});
  models::State* const states[] = {state_.get()};
  model_.forward(batch_, states, team, output_);
  state_->commit_all();
  next_row_ = end;
  first_scored_ = window_.begin + std::max(begin, first_scoring_row) + 1 - front_;
  return true;
}

}  // namespace tenon::scoring
