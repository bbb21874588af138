#include "scoring/score_windows.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/error.h"

using namespace tenon;
using namespace tenon::scoring;

TEST_SUITE_BEGIN("score_windows");

// Every text of up to 40 tokens, every context up to 12, every stride, with and without BOS.
TEST_CASE("every token is scored once, in a window that holds it, with enough before it") {
  int texts = 0;
  for (const bool has_bos : {false, true})
    for (std::int64_t context = 2; context <= 12; ++context)
      for (std::int64_t stride = 1; stride < context; ++stride)
        for (std::int64_t tokens = 2; tokens <= 40; ++tokens) {
          WindowOptions options{.context = context, .stride = stride};
          if (has_bos) options.bos = 0;
          const auto windows = plan_windows(tokens, options);
          std::int64_t next = has_bos ? 0 : 1;
          for (std::size_t k = 0; k < windows.size(); ++k) {
            const auto& window = windows[k];
            const std::int64_t front = has_bos ? 1 : 0;
            bool is_right = window.begin == static_cast<std::int64_t>(k) * stride &&
                            window.score_begin == next && window.score_begin < window.end &&
                            window.end <= tokens && front + window.end - window.begin <= context;
            for (std::int64_t at = window.score_begin; at < window.end; ++at) {
              const std::int64_t before = front + at - window.begin;
              const std::int64_t all = front + at;
              is_right = is_right && before >= 1 && before >= std::min(all, context - stride);
            }
            if (!is_right)
              FAIL_CHECK("window " << k << " of " << tokens << " tokens, context " << context
                                   << ", stride " << stride << ", BOS " << has_bos);
            next = window.end;
          }
          if (next != tokens)
            FAIL_CHECK((tokens - next) << " tokens left of " << tokens << ", context " << context
                                       << ", stride " << stride << ", BOS " << has_bos);
          ++texts;
        }
  CHECK(texts == 2 * 66 * 39);
}

TEST_CASE("half a window is the stride unless one is given, and max_tokens cuts the text") {
  const auto windows = plan_windows(100, {.context = 10, .max_tokens = 18});
  REQUIRE(windows.size() == 3);
  CHECK(windows[0].begin == 0);
  CHECK(windows[1].begin == 5);
  CHECK(windows[2].begin == 10);
  CHECK(windows[2].end == 18);
  CHECK(plan_windows(100, {.context = 10, .max_tokens = 1000}).back().end == 100);
}

TEST_CASE("what leaves a token without context, or no token, is refused") {
  const auto kind_of = [](std::int64_t tokens, const WindowOptions& options) {
    try {
      plan_windows(tokens, options);
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::Internal;
  };
  CHECK(kind_of(10, {.context = 1}) == ErrorKind::Usage);
  CHECK(kind_of(10, {.context = 8, .stride = 8}) == ErrorKind::Usage);
  CHECK(kind_of(10, {.context = 8, .stride = -1}) == ErrorKind::Usage);
  CHECK(kind_of(10, {.context = 8, .max_tokens = -1}) == ErrorKind::Usage);
  CHECK(kind_of(1, {}) == ErrorKind::Input);
  CHECK(kind_of(0, {.bos = 1}) == ErrorKind::Input);
  CHECK(kind_of(10, {.max_tokens = 1}) == ErrorKind::Input);
  CHECK(plan_windows(1, {.bos = 1}).size() == 1);
}

TEST_SUITE_END();
