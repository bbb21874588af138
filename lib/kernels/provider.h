#pragma once

#include "kernels/kernels.h"
#include "kernels/limits.h"

/// What select.cpp asks of each provider. A provider that is not built links absent.cpp of its
/// folder, which says so; sources stay free of #ifdef.
namespace tenon::kernels {

const Kernels& reference_kernels();
LimitLoops reference_limit_loops();

/// Only called where the state says available.
const Kernels& highway_kernels();
ProviderState highway_state();
LimitLoops highway_limit_loops();

const Kernels& avx512_kernels();
ProviderState avx512_state();
LimitLoops avx512_limit_loops();

/// oneDNN has dense_matmul only; its Kernels object hands the rest to `below`.
const Kernels& onednn_kernels(const Kernels& below);
ProviderState onednn_state();

/// Shape and type checks shared by every place_weight. Throws Error(Shape | Unsupported).
void check_weight(const TensorView& weight);

/// The checks of adopt_weight(): `bytes` are what the shape takes.
void check_packed(const PackedTensor& packed, std::size_t bytes);

/// Whether the word names an operation of Kernels::implementation_of().
bool is_operation(std::string_view operation);

}  // namespace tenon::kernels
