#include "kernels/weight_memory.h"

#include <doctest/doctest.h>

#include <cstring>
#include <thread>
#include <vector>

#include "base/error.h"

using namespace tenon;
using namespace tenon::kernels;

TEST_SUITE("weight memory") {
  TEST_CASE("pieces are aligned, do not overlap and survive their neighbours") {
    std::vector<WeightMemory> pieces;
    for (const std::size_t size : {1u, 63u, 64u, 65u, 100000u, 20u << 20, 40u << 20, 7u})
      pieces.emplace_back(size);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      CHECK(reinterpret_cast<std::uintptr_t>(pieces[i].data()) % 64 == 0);
      std::memset(pieces[i].data(), static_cast<int>(i + 1), pieces[i].size());
    }
    pieces.erase(pieces.begin() + 2);
    const std::uint8_t marks[] = {1, 2, 4, 5, 6, 7, 8};
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      CHECK(pieces[i].data()[0] == marks[i]);
      CHECK(pieces[i].data()[pieces[i].size() - 1] == marks[i]);
    }
  }

  TEST_CASE("threads may allocate at once") {
    std::vector<std::thread> threads;
    std::vector<int> wrong(4);
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([t, &wrong] {
        std::vector<WeightMemory> pieces;
        for (int i = 0; i < 100; ++i) {
          pieces.emplace_back(static_cast<std::size_t>(1000 + i));
          std::memset(pieces.back().data(), t + 1, pieces.back().size());
        }
        for (const WeightMemory& piece : pieces)
          for (std::size_t i = 0; i < piece.size(); ++i)
            wrong[static_cast<std::size_t>(t)] += piece.data()[i] != t + 1;
      });
    for (std::thread& thread : threads) thread.join();
    for (const int count : wrong) CHECK(count == 0);
  }

  TEST_CASE("nothing holds nothing, and an impossible size is refused") {
    CHECK(WeightMemory(0).empty());
    CHECK_THROWS_AS(WeightMemory(SIZE_MAX - 5), Error);
    CHECK_THROWS_AS(WeightMemory(std::size_t{1} << 61), Error);
  }
}
