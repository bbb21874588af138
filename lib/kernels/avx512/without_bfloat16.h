#pragma once

#include "kernels/kernels.h"

namespace tenon::kernels {

/// The avx512 provider as it runs on a processor without the BF16 instructions, for tests of that path on
/// one that has them. Null where the provider cannot run.
const Kernels* avx512_kernels_without_bfloat16();

}  // namespace tenon::kernels
