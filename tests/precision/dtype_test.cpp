#include "precision/dtype.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace tenon;

TEST_SUITE("dtype") {
  TEST_CASE("names are found in any case, and only whole names") {
    for (int i = 0; i < kDTypeCount; ++i) {
      const auto dtype = static_cast<DType>(i);
      CHECK(dtype_info(dtype).dtype == dtype);
      CHECK(find_dtype(dtype_name(dtype)) == dtype);
    }
    CHECK(find_dtype("q4_k") == DType::Q4_K);
    CHECK(find_dtype("bF16") == DType::BF16);
    CHECK_FALSE(find_dtype("q4_k_m").has_value());
    CHECK_FALSE(find_dtype("q4").has_value());
    CHECK_FALSE(find_dtype("").has_value());
  }

  TEST_CASE("a row has the bytes of its blocks") {
    CHECK(row_bytes(DType::F32, 3) == 12);
    CHECK(row_bytes(DType::Q4_0, 64) == 36);
    CHECK(row_bytes(DType::Q6_K, 512) == 420);
    CHECK(row_bytes(DType::Q6_K, 0) == 0);
    CHECK_THROWS_WITH_AS(row_bytes(DType::Q4_K, 576),
                         "Q4_K rows come in blocks of 256, a row has 576 elements", Error);
  }
}
