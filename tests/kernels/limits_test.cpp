#include "kernels/limits.h"

#include <doctest/doctest.h>

#include <cstring>
#include <set>

#include "base/aligned_buffer.h"
#include "kernels/provider.h"

using namespace tenon;
using namespace tenon::kernels;

namespace {

std::uint64_t folded(const AlignedBuffer<std::byte>& data) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < data.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, &data[i], 8);
    sum ^= word;
  }
  return sum;
}

}  // namespace

TEST_SUITE("limits") {
  TEST_CASE("every loop of every provider runs, at most one a form") {
    std::vector<LimitLoops> all{reference_limit_loops(), limit_loops()};
    if (highway_state().is_available) all.push_back(highway_limit_loops());
    if (avx512_state().is_available) all.push_back(avx512_limit_loops());
    for (const LimitLoops& loops : all) {
      std::set<ActivationForm> forms;
      for (const PeakLoop& loop : loops.peaks) {
        CAPTURE(loop.instruction);
        CHECK(forms.insert(loop.form).second);
        CHECK(loop.operations_per_round >= 2.0);
        loop.run(0);
        loop.run(1000);
      }
    }
  }

  TEST_CASE("the limits have a float32 peak and a way to read whatever is built") {
    const LimitLoops loops = limit_loops();
    CHECK((loops.read != nullptr));
    bool has_float32 = false;
    for (const PeakLoop& loop : loops.peaks) has_float32 |= loop.form == ActivationForm::Float32;
    CHECK(has_float32);
  }

  TEST_CASE("a read loop folds every byte") {
    AlignedBuffer<std::byte> data(4096);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i * i % 251);
    std::vector<ReadLoop> reads{reference_limit_loops().read, limit_loops().read};
    for (const ReadLoop read : reads) {
      CHECK(read(data.data(), data.size()) == folded(data));
      CHECK(read(data.data(), 512) != folded(data));
      for (const std::size_t at : {std::size_t{0}, std::size_t{511}, std::size_t{4095}}) {
        data[at] ^= std::byte{1};
        CHECK(read(data.data(), data.size()) == folded(data));
      }
    }
  }
}
