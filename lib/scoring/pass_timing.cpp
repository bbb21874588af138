#include "scoring/pass_timing.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/error.h"

namespace tenon::scoring {

namespace {

void check(const PassTimingOptions& options) {
  const auto require = [](bool holds, const std::string& what) {
    if (!holds) throw Error(ErrorKind::Usage, what);
  };
  require(!options.rows.empty(), "no row counts to time");
  for (const std::int64_t rows : options.rows)
    require(rows > 0 && rows <= std::numeric_limits<std::int32_t>::max() / 2,
            "a pass of " + std::to_string(rows) + " rows cannot be timed");
  require(options.depth >= 0, "the depth must not be negative");
  require(options.repeat > 0, "at least one pass of each kind must be measured");
  require(options.warmup >= 0 && options.logit_rows >= 0, "counts must not be negative");
}

class PassTimer {
 public:
  PassTimer(models::LanguageModel& model, const PassTimingOptions& options, Team& team)
      : model_(model), options_(options), team_(team) {
    const std::int64_t most = *std::max_element(options.rows.begin(), options.rows.end());
    state_ = model.make_state(
        {.context = options.depth + std::max(most, kFillRows), .cache_type = options.cache_type});
    fill();
  }

  // Seconds of one pass; the state is left as it was.
  double run(std::int64_t rows, const std::function<double()>& now) {
    make_batch(rows, options_.logit_rows);
    const double start = now();
    forward();
    const double stop = now();
    state_->commit({});
    return stop - start;
  }

  // The parts of one pass.
  models::PassProfile profile(std::int64_t rows) {
    models::PassProfile profile(options_.profile_clock);
    make_batch(rows, options_.logit_rows);
    output_.profile = &profile;
    forward();
    output_.profile = nullptr;
    state_->commit({});
    return profile;
  }

  // Of the last pass.
  void time_sampling(PassBreakdown& breakdown) const {
    if (output_.logit_rows > 0)
      scoring::time_sampling(output_.logits_row(output_.logit_rows - 1), options_.profile_clock,
                             breakdown);
  }

 private:
  static constexpr std::int64_t kFillRows = 128;

  void fill() {
    while (state_->length() < options_.depth) {
      make_batch(std::min<std::int64_t>(kFillRows, options_.depth - state_->length()), 0);
      forward();
      state_->commit_all();
    }
  }

  // A chain of tokens from all over the vocabulary, as a text has.
  void make_batch(std::int64_t rows, std::int64_t logit_rows) {
    constexpr std::int64_t kStep = 7919;  // a prime that divides no usual vocabulary size
    batch_.clear();
    for (std::int64_t row = 0; row < rows; ++row)
      batch_.push_back({.token = static_cast<std::int32_t>((state_->length() + row + 1) * kStep %
                                                           model_.info().vocab),
                        .parent = row == 0 ? models::BatchRow::kAfterCommitted
                                           : static_cast<std::int32_t>(row - 1),
                        .sequence = 0,
                        .wants_logits = row >= rows - logit_rows});
  }

  void forward() {
    models::State* const states[] = {state_.get()};
    model_.forward(batch_, states, team_, output_);
  }

  models::LanguageModel& model_;
  const PassTimingOptions& options_;
  Team& team_;
  std::unique_ptr<models::State> state_;
  models::Batch batch_;
  models::ForwardOutput output_;
};

void summarize(PassTime& time) {
  std::vector<double> sorted = time.seconds;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t middle = sorted.size() / 2;
  time.seconds_min = sorted.front();
  time.seconds_median =
      sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  if (time.seconds_median > 0.0) {
    time.tokens_per_second = static_cast<double>(time.rows) / time.seconds_median;
    time.bytes_per_second = static_cast<double>(time.work.weight_bytes) / time.seconds_median;
  }
}

}  // namespace

PassWork work_of_pass(const models::LanguageModelInfo& model, const PassTimingOptions& options,
                      std::int64_t rows) {
  std::int64_t positions = options.depth + rows;
  if (model.attention_window > 0)
    positions = std::min(positions, rows + model.attention_window - 1);
  const std::int64_t wanted = std::min(rows, options.logit_rows);
  PassWork work{.weight_bytes = model.bytes_read_per_pass,
                .cache_bytes = row_bytes(
                    options.cache_type,
                    static_cast<std::size_t>(model.cache_numbers_per_position * positions))};
  for (std::size_t form = 0; form < work.operations.by_form.size(); ++form)
    work.operations.by_form[form] =
        rows * model.row_operations.by_form[form] + wanted * model.wanted_operations.by_form[form];
  return work;
}

std::vector<PassTime> time_passes(models::LanguageModel& model, const PassTimingOptions& options,
                                  Team& team, const std::function<double()>& now) {
  check(options);
  PassTimer timer(model, options, team);
  std::vector<PassTime> times;
  for (const std::int64_t rows : options.rows)
    times.push_back({.rows = rows,
                     .depth = options.depth,
                     .seconds = {},
                     .work = work_of_pass(model.info(), options, rows),
                     .breakdown = {}});
  std::vector<std::vector<models::PassProfile>> profiles(times.size());
  for (std::int64_t round = -options.warmup; round < options.repeat; ++round) {
    for (std::size_t i = 0; i < times.size(); ++i) {
      const auto turn = static_cast<std::size_t>(round + options.warmup);
      const std::size_t kind = (i + turn) % times.size();
      PassTime& time = times[kind];
      const double seconds = timer.run(time.rows, now);
      if (round < 0) continue;
      time.seconds.push_back(seconds);
      if (options.profile_clock != nullptr) profiles[kind].push_back(timer.profile(time.rows));
    }
  }
  for (PassTime& time : times) summarize(time);
  for (std::size_t kind = 0; kind < times.size(); ++kind) {
    if (profiles[kind].empty()) continue;
    times[kind].breakdown = break_down(profiles[kind]);
    timer.time_sampling(*times[kind].breakdown);
  }
  return times;
}

}  // namespace tenon::scoring
