#include "base/error.h"
#include "kernels/avx512/without_bfloat16.h"
#include "kernels/provider.h"

// Linked in place of the avx512 provider where it is not built.
namespace tenon::kernels {

ProviderState avx512_state() {
  return {"avx512", false, "built without"};
}

LimitLoops avx512_limit_loops() {
  return {};
}

const Kernels& avx512_kernels() {
  throw Error(ErrorKind::Internal, "the kernel provider avx512 is not in this build");
}

const Kernels* avx512_kernels_without_bfloat16() {
  return nullptr;
}

}  // namespace tenon::kernels
