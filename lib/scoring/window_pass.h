#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/team.h"
#include "models/language/language_model.h"
#include "scoring/score_windows.h"

namespace tenon::scoring {

/// Runs one model over the windows of a text, a bounded number of rows at a time.
///
///   pass.start(window);
///   while (pass.advance(team))
///     for (i = 0; i < pass.scored(); ++i) ... pass.token(i), pass.logits(i)
class WindowPass {
 public:
  /// Rows of one forward: so many rows of logits are in memory at once.
  static constexpr std::int64_t kRows = 128;

  /// `text` must outlive the pass.
  WindowPass(models::LanguageModel& model, std::span<const std::int32_t> text,
             const WindowOptions& options, DType cache_type);

  /// Begins a window with an empty state.
  void start(const ScoreWindow& window);
  /// Computes the next rows of the window; false where there are none left.
  bool advance(Team& team);

  /// Text tokens whose logits the last advance computed.
  std::int64_t scored() const { return output_.logit_rows; }
  /// Index in the text of the i-th of them.
  std::int64_t token(std::int64_t i) const { return first_scored_ + i; }
  /// The logits that predict it, [vocab].
  std::span<const float> logits(std::int64_t i) const { return output_.logits_row(i); }

 private:
  std::int32_t input(std::int64_t row) const;

  models::LanguageModel& model_;
  std::span<const std::int32_t> text_;
  WindowOptions options_;
  models::StateOptions state_options_;
  ScoreWindow window_;
  std::int64_t front_ = 0;  // rows before the text: the BOS token
  std::int64_t rows_ = 0;   // of the window; its last token only has to be predicted
  std::int64_t next_row_ = 0;
  std::int64_t first_scored_ = 0;
  std::unique_ptr<models::State> state_;
  models::Batch batch_;
  models::ForwardOutput output_;
};

}  // namespace tenon::scoring
