#include "base/range.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tenon;

TEST_SUITE("range") {
  TEST_CASE(
      "the parts cover the whole once, in order, cut at the grain and of equal size to a grain") {
    for (const std::ptrdiff_t grain : {1, 2, 3, 16}) {
      for (std::ptrdiff_t total = 0; total < 70; ++total) {
        for (int count = 1; count < 9; ++count) {
          CAPTURE(grain);
          CAPTURE(total);
          CAPTURE(count);
          std::ptrdiff_t at = 0, smallest = total + 1, largest = 0;
          bool is_right = true;
          for (int index = 0; index < count; ++index) {
            const Range range = split_range(total, index, count, grain);
            is_right = is_right && range.begin == at && range.end >= range.begin;
            is_right = is_right && (range.end % grain == 0 || range.end == total);
            const std::ptrdiff_t grains = (range.size() + grain - 1) / grain;
            smallest = std::min(smallest, grains);
            largest = std::max(largest, grains);
            at = range.end;
          }
          CHECK(is_right);
          CHECK(at == total);
          CHECK(largest - smallest <= 1);
        }
      }
    }
  }
}
