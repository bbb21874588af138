#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tenon::kernels {

/// Instruction sets that the Highway provider was compiled for and this processor has, best first. Empty
/// where the provider is not built.
std::vector<std::string> highway_targets();

/// Makes the provider use one of them, or the best again for an empty name: for tests of each. Not while
/// a kernel runs.
void use_highway_target(std::string_view name);

}  // namespace tenon::kernels
