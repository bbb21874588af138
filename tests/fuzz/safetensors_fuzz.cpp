// A safetensors file, and the same bytes as an index of one.

#include "aligned_input.h"
#include "base/error.h"
#include "formats/safetensors.h"
#include "formats/safetensors_header.h"

using namespace tenon;
using namespace tenon::formats;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::AlignedInput input(data, size);
  volatile std::uint64_t sum = 0;
  try {
    const SafetensorsFile file = SafetensorsFile::from_bytes(input.bytes(), "fuzz.safetensors");
    for (const SafetensorsTensor& tensor : file.tensors()) {
      sum = sum + fuzz::sum_of(file.tensor_bytes(tensor));
      if (!tensor.dtype) continue;
      const auto view = file.find(tensor.name);
      sum = sum + fuzz::sum_of({view->data, view->bytes()});
    }
  } catch (const Error&) {
  }
  try {
    sum = sum + read_safetensors_index(input.bytes(), "fuzz.json").size();
  } catch (const Error&) {
  }
  return 0;
}
