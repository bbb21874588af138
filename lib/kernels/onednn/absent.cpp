#include "base/error.h"
#include "kernels/provider.h"

// Linked in place of the oneDNN provider where it is not built.
namespace tenon::kernels {

ProviderState onednn_state() {
  return {"onednn", false, "built without"};
}

const Kernels& onednn_kernels(const Kernels&) {
  throw Error(ErrorKind::Internal, "the kernel provider onednn is not in this build");
}

}  // namespace tenon::kernels
