#include "base/error.h"
#include "kernels/highway/targets.h"
#include "kernels/provider.h"

// Linked in place of the Highway provider where it is not built.
namespace tenon::kernels {

ProviderState highway_state() {
  return {"highway", false, "built without"};
}

LimitLoops highway_limit_loops() {
  return {};
}

const Kernels& highway_kernels() {
  throw Error(ErrorKind::Internal, "the kernel provider highway is not in this build");
}

std::vector<std::string> highway_targets() {
  return {};
}

void use_highway_target(std::string_view) {}

}  // namespace tenon::kernels
