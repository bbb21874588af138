#include "base/error.h"
#include "kernels/dense_providers.h"

// Linked in place of the oneDNN provider where it is not built.
namespace tenon::kernels {

ProviderState onednn_state() {
  return {"onednn", false, "built without"};
}

const Kernels& onednn_kernels(const Kernels&) {
  throw Error(ErrorKind::Internal, "the kernel provider onednn is not in this build");
}

void onednn_dense_matmul(const TensorView& a, const TensorView& b, Tensor& c,
                         const DenseMatmul& options) {
  reference_dense_matmul(a, b, c, options);
}

}  // namespace tenon::kernels
