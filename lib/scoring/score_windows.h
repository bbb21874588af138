#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace tenon::scoring {

/// How a long text is cut into windows that a model can hold.
struct WindowOptions {
  std::int64_t context = 512;   // positions of a window, with the BOS token where there is one
  std::int64_t stride = 0;      // text tokens from one window to the next; 0: half of context
  std::int64_t max_tokens = 0;  // of the text, from its start; 0: all
  /// Stands in front of every window, is read and never scored; the first token of the text is then
  /// scored too. Without it the first token has nothing before it and is not scored.
  std::optional<std::int32_t> bos = std::nullopt;
};

/// One window: it reads text tokens [begin, end) and scores [score_begin, end).
struct ScoreWindow {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t score_begin = 0;
};

/// Windows over a text of `tokens` tokens. Every token is scored exactly once (but the first,
/// without BOS), in the first window that reaches it: so each has all tokens before it as context,
/// or at least context - stride of them (BOS counted). Larger strides are faster and score worse:
/// see Press, Smith and Lewis 2021, "Shortformer", on evaluation by sliding window. Throws
/// Error(Usage) for a context or stride that leaves a token without context, Error(Input) for a
/// text with nothing to score.
std::vector<ScoreWindow> plan_windows(std::int64_t tokens, const WindowOptions& options);

}  // namespace tenon::scoring
