#include "kernels/kernels.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace tenon;
using namespace tenon::kernels;

TEST_SUITE("kernels") {
  TEST_CASE("every available provider can be forced and says its own name") {
    for (const ProviderState& state : providers()) {
      if (!state.is_available) {
        CHECK_FALSE(state.reason.empty());
        CHECK_THROWS_AS(select_kernels(state.name), Error);
        continue;
      }
      const Kernels& kernels = select_kernels(state.name);
      CHECK(kernels.name() == state.name);
      CHECK_FALSE(kernels.instruction_sets().empty());
      CHECK_FALSE(kernels.implementation_of("matmul").empty());
      CHECK(kernels.implementation_of("frobnicate").empty());
    }
  }

  TEST_CASE("an unknown provider is refused with the list of those that are there") {
    try {
      select_kernels("mkl");
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::Unsupported);
      CHECK(error.hint().find("reference") != std::string::npos);
    }
  }

  TEST_CASE("auto is an available provider") {
    CHECK_FALSE(select_kernels("auto").name().empty());
  }
}
