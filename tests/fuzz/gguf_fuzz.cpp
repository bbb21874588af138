// All that a GGUF file gives: every value in every form, every byte of every tensor.

#include "aligned_input.h"
#include "base/error.h"
#include "formats/content_key.h"
#include "formats/gguf.h"

using namespace tenon;
using namespace tenon::formats;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::AlignedInput input(data, size);
  try {
    const GgufFile file = GgufFile::from_bytes(input.bytes(), "fuzz.gguf");
    volatile std::uint64_t sum = 0;
    for (const auto& entry : file.metadata().entries()) {
      sum = sum + entry.value.to_json(3).size() + entry.value.as_strings().has_value();
      sum = sum + entry.value.as_i64s().has_value() + entry.value.as_f64s().has_value();
      sum = sum + entry.value.as_string().value_or("").size() + entry.value.elements().size();
    }
    for (const GgufTensor& tensor : file.tensors())
      if (tensor.bytes) sum = sum + fuzz::sum_of(file.tensor_bytes(tensor));
    sum = sum + content_key(file).low;
  } catch (const Error&) {
  }
  return 0;
}
