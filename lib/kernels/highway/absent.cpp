#include "base/error.h"
#include "kernels/provider.h"

// Linked in place of the highway provider where it is not built.
namespace tenon::kernels {

ProviderState highway_state() {
  return {"highway", false, "built without"};
}

const Kernels& highway_kernels() {
  throw Error(ErrorKind::Internal, "the kernel provider highway is not in this build");
}

}  // namespace tenon::kernels
