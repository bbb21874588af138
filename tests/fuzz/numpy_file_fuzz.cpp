// A .npy array.

#include "aligned_input.h"
#include "base/error.h"
#include "formats/numpy_file.h"

using namespace tenon;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::AlignedInput input(data, size);
  try {
    volatile std::uint64_t sum = fuzz::sum_of(formats::read_numpy(input.bytes(), "fuzz.npy").data);
    (void)sum;
  } catch (const Error&) {
  }
  return 0;
}
