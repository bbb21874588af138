#include "scoring/score_windows.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace tenon::scoring {

std::vector<ScoreWindow> plan_windows(std::int64_t tokens, const WindowOptions& options) {
  const std::int64_t front = options.bos ? 1 : 0;
  if (options.context < 2)
    throw Error(ErrorKind::Usage, "a context of " + std::to_string(options.context) +
                                      " tokens scores nothing, it must be at least 2");
  if (options.stride < 0 || options.max_tokens < 0)
    throw Error(ErrorKind::Usage, "stride and token count must not be negative");
  const std::int64_t width = options.context - front;  // text tokens of a window
  const std::int64_t stride = options.stride > 0 ? options.stride : options.context / 2;
  if (stride >= options.context)
    throw std::move(Error(ErrorKind::Usage, "a stride of " + std::to_string(stride) +
                                                " leaves tokens without context in windows of " +
                                                std::to_string(options.context))
                        .hint("the stride must be less than the context"));
  const std::int64_t count = options.max_tokens > 0 ? std::min(tokens, options.max_tokens) : tokens;
  const std::int64_t first = 1 - front;
  if (count <= first)
    throw Error(ErrorKind::Input,
                "a text of " + std::to_string(count) + " tokens has none to score");

  std::vector<ScoreWindow> windows;
  std::int64_t scored = first;
  for (std::int64_t begin = 0; scored < count; begin += stride) {
    const std::int64_t end = std::min(begin + width, count);
    windows.push_back({begin, end, scored});
    scored = end;
  }
  return windows;
}

}  // namespace tenon::scoring
