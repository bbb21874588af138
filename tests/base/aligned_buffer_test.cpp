#include "base/aligned_buffer.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <utility>

using namespace tenon;

TEST_SUITE("aligned_buffer") {
  TEST_CASE("memory starts at a cache line, whatever the size") {
    for (const std::size_t size : {1, 3, 64, 1000}) {
      const AlignedBuffer<float> buffer(size);
      CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64 == 0);
      CHECK(buffer.size() == size);
    }
    CHECK(AlignedBuffer<float>().empty());
    CHECK(AlignedBuffer<float>(0).data() == nullptr);
  }

  TEST_CASE("sizes that cannot exist are refused") {
    CHECK_THROWS_AS(AlignedBuffer<double>(SIZE_MAX), Error);
    CHECK_THROWS_AS(AlignedBuffer<double>(SIZE_MAX / 8), Error);
// The sanitizers' allocators end the program at such a size.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK_THROWS_AS(AlignedBuffer<double>(PTRDIFF_MAX / 8), Error);  // no machine has as much
#endif
  }

  TEST_CASE("moving hands the memory over") {
    AlignedBuffer<int> first(4);
    first[3] = 7;
    const int* data = first.data();
    AlignedBuffer<int> second(std::move(first));
    CHECK(second.data() == data);
    CHECK(first.empty());
    AlignedBuffer<int> third(9);
    third = std::move(second);
    CHECK(third.data() == data);
    CHECK(third[3] == 7);
    CHECK(third.size() == 4);
  }

  TEST_CASE("room is made only when it is lacking") {
    AlignedBuffer<int> buffer(10);
    const int* data = buffer.data();
    buffer.reserve_discarding(10);
    CHECK(buffer.data() == data);
    buffer.reserve_discarding(5);
    CHECK(buffer.size() == 10);
    buffer.reserve_discarding(11);
    CHECK(buffer.size() == 11);
  }
}
